"""Builds an endpoint's form as a browser posts it, and reads texts from the resulting page."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

import httpx

from server.domain.catalog import sample_json

PLAIN = "function handler(webhook) {\n  return webhook;\n}\n"


def a_form(**changes: Any) -> dict[str, Any]:
    """The fields of a valid form of the card Webhook.

    ``changes`` override fields: ``None`` removes one, and ``__`` in a name stands for a dot.
    """
    fields: dict[str, Any] = {
        "card": "webhook",
        "url": "https://example.com/hook",
        "description": "Our shop",
        "destination": "send",
        "listen": "all",
        "event_types": [],
        "transforming": "on",
        "code": PLAIN,
        "variables_key": [],
        "variables_value": [],
        "headers_key": [],
        "headers_value": [],
        "event_type": "payment.succeeded",
        "payload": sample_json("payment.succeeded"),
    }
    form = {name.replace("__", "."): value for name, value in (fields | changes).items()}
    return {name: value for name, value in form.items() if value is not None}


def customer_io(**changes: Any) -> dict[str, Any]:
    credentials = {
        "credentials__site_id": "1a2b3c4d5e6f7a8b9c0d",
        "credentials__api_key": "0d9c8b7a6f5e4d3c2b1a",
        "credentials__region": "us",
    }
    return a_form(**{"card": "customer_io", "url": None} | credentials | changes)


def beside(page: str, field: str) -> str:
    """The error message beside a field; empty if there is none."""
    found = re.search(rf'id="field-{re.escape(field)}-error"[^>]*>.*?<span>(.*?)</span>', page, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def text_of(page: str) -> str:
    """The visible text of a page, in one line. The colours of JSON leave no spaces."""
    plain = re.sub(r'<span class="tok-\w+">([^<]*)</span>', r"\1", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def without_times(page: str) -> str:
    """Like ``text_of``, with every time replaced by "just"."""
    return text_of(re.sub(r"<time.*?</time>", "just", page))


def path_of(answer: httpx.Response) -> str:
    """The path that a redirect leads to, without the query."""
    assert answer.status_code == 303, text_of(answer.text)
    return urlsplit(answer.headers["location"]).path


async def make_live(site: Any, endpoint_id: str, form: dict[str, Any], **review: Any) -> httpx.Response:
    """Save the form as the endpoint's draft and activate it; the response to the second."""
    address = f"/endpoints/{endpoint_id}/transformation"
    saved = await site.post(address, form)
    if saved.status_code != 303 or "draft-saved" not in saved.headers["location"]:
        return saved  # type: ignore[no-any-return]
    found = re.search(r'name="draft" value="([^"]+)"', (await site.get(f"{address}/activate")).text)
    assert found
    answer: httpx.Response = await site.post(f"{address}/activate", {"draft": found[1]} | review)
    return answer
