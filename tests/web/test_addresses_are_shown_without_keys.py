"""Lists show where an endpoint leads to; a key that travels in its URL stays out of them."""

import asyncio
from base64 import b64encode
from urllib.parse import quote

import pytest
from cards import put
from entries import kept_endpoint
from form import a_form, path_of
from site_under_test import Site

from server.domain.card_files import parse_card
from server.domain.endpoint_names import without_keys
from server.store import attempts


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/hook", "https://example.com/hook"),
        ("https://example.com/hook?key=k1", "https://example.com/hook?key=…"),
        ("https://example.com/?a=1&b=2=3&c&=d", "https://example.com/?a=…&b=…&…&=…"),
        ("https://me:pw@example.com/a@b", "https://…@example.com/a@b"),
        ("https://example.com/a?to=x@y#key", "https://example.com/a?to=…"),
        ("https://example.com/a#key", "https://example.com/a"),
    ],
)
def test_values_are_left_out(url: str, shown: str) -> None:
    assert without_keys(url) == shown


async def test_lists_show_no_key(site: Site) -> None:
    endpoint = await kept_endpoint(site, url="https://example.com/hook?token=sk_secret_1", description="")
    for path in ("/endpoints", "/logs", f"/endpoints/{endpoint.id}/head"):
        page = (await site.client.get(path, follow_redirects=True)).text
        assert "sk_secret_1" not in page, path
    assert "https://example.com/hook?token=…" in (await site.client.get("/endpoints", follow_redirects=True)).text


NEST = """
title = "Nest"
summary = "Sends to a bot."

[url]
default = "https://api.nest.example/bot{key}/send"

[url.query]
sign = "{key}"

[[fields]]
name = "key"
label = "Key"
kind = "secret"
"""
CODE = """
function handler(w) {
  w.payload = { url: w.url, twice: encodeURIComponent(w.url), coded: btoa(w.url), parts: w.url.split(/[/?=]/) };
  return w;
}
"""
KEY = "crow/7+9 &h?x"


async def test_a_key_in_the_address_of_a_card_is_nowhere(site: Site) -> None:
    files = {"card.toml": NEST, "default.js": CODE, "icon.svg": '<path d="M4 4h16v16H4z"/>'}
    put(site.services, parse_card("own:nest", files))
    form = a_form(card="own:nest", url=None, credentials__key=KEY, code=CODE, destination="capture", description="")
    address = path_of(await site.post("/endpoints", form))
    await site.post(f"{address}/example", {"event_type": "payment.succeeded"})
    search = attempts.Search(endpoint_id=address.rpartition("/")[2])

    while not (found := await site.services.store.read(lambda tx: attempts.page(tx, search))):
        await asyncio.sleep(0)

    once = quote(KEY, safe="")
    coded = b64encode(f"https://api.nest.example/bot{once}/send?sign={once}".encode()).decode()
    paths = ["/endpoints", address, f"{address}/edit", f"/messages/{found[0].message_id}", "/logs", "/inspector"]
    for path in paths:
        page = (await site.client.get(path, follow_redirects=True)).text
        assert "Nest" in page, path
        for spelling in ("crow", coded[48:80]):
            assert spelling not in page, path
