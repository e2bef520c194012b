"""Each thing that can be wrong with an endpoint's form has a sentence beside its field, and nothing is kept."""

import re
from typing import Any

import pytest
from form import a_form, beside, customer_io, text_of
from site_under_test import Site

from server.store import endpoints

LONG = 300 * 1024

REFUSALS = {
    "no URL": (a_form(url=""), "url", "Enter the URL that events are sent to."),
    "no scheme": (a_form(url="example.com/x"), "url", "The URL must start with https:// or http://."),
    "loopback": (
        a_form(url="http://127.0.0.1:9/"),
        "url",
        "The address belongs to this machine (loopback). To allow deliveries to it, set "
        "HOOKBENCH_ALLOW_NETWORKS=127.0.0.0/8 and restart Hookbench.",
    ),
    "private network": (
        a_form(url="http://10.1.2.3/"),
        "url",
        "The address is in a private network. To allow deliveries to it, set "
        "HOOKBENCH_ALLOW_NETWORKS=10.0.0.0/8 and restart Hookbench.",
    ),
    "metadata": (
        a_form(url="http://169.254.169.254/latest"),
        "url",
        "The address is link-local. Deliveries to it are not allowed.",
    ),
    "password in the URL": (
        a_form(url="https://me:secret@example.com/"),
        "url",
        "The URL must not contain a user name or password. Use a header instead.",
    ),
    "long description": (
        a_form(description="x" * 501),
        "description",
        "The description is longer than 500 characters.",
    ),
    "no event type": (
        a_form(listen="chosen"),
        "event_types",
        "Select at least one event type, or subscribe to all events.",
    ),
    "unknown event type": (
        a_form(listen="chosen", event_types=["payment.succeeded", "payment.lost"]),
        "event_types",
        "There is no event type “payment.lost”.",
    ),
    "no code": (
        a_form(code="  \n"),
        "code",
        "Write the transformation, or disable it to forward events unchanged.",
    ),
    "long code": (a_form(code="//" + "x" * LONG), "code", "The code is longer than 256 KiB."),
    "no credentials": (customer_io(credentials__api_key=""), "credentials.api_key", "Enter the API key."),
    "long credential": (
        customer_io(credentials__api_key="k" * 1025),
        "credentials.api_key",
        "The API key is longer than 1024 bytes.",
    ),
    "unknown choice": (
        customer_io(credentials__region="moon"),
        "credentials.region",
        "Select a value for Region.",
    ),
}


@pytest.mark.parametrize(("form", "field", "sentence"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_a_wrong_field_is_answered_with_a_sentence_beside_it(
    site: Site, form: dict[str, Any], field: str, sentence: str
) -> None:
    answer = await site.post("/endpoints", form)

    assert answer.status_code == 422
    assert beside(answer.text, field) == sentence
    assert await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id)) == []


@pytest.mark.parametrize(
    ("names", "values", "sentence"),
    [
        (["host"], ["a"], "The header host is reserved: Hookbench or the connection sets it."),
        (
            ["a b"],
            ["c"],
            "“a b” is not a valid header name. Use letters, digits and hyphens, without spaces or a colon.",
        ),
        (["x-team", "X-Team"], ["a", "b"], "The header X-Team is set twice."),
        (["x-team"], ["grün"], "The value of the header x-team has non-ASCII characters. Encode it, for example with"),
        ([f"x-{n}" for n in range(65)], ["v"] * 65, "You can set at most 64 headers."),
    ],
)
async def test_a_wrong_header_is_named(site: Site, names: list[str], values: list[str], sentence: str) -> None:
    answer = await site.post("/endpoints", a_form(headers_key=names, headers_value=values))

    assert answer.status_code == 422
    assert sentence in text_of(answer.text)


async def test_as_many_headers_as_code_may_set_are_kept(site: Site) -> None:
    names = [f"x-{n}" for n in range(64)]
    answer = await site.post("/endpoints", a_form(headers_key=names, headers_value=["v"] * 64))

    assert answer.status_code == 303
    (kept,) = await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id))
    assert len(kept.headers) == 64


@pytest.mark.parametrize(
    ("names", "values", "sentence"),
    [
        (
            ["1st"],
            ["a"],
            "A variable name can contain letters, digits and _, cannot start with a digit, and can be at most",
        ),
        (["A", "A"], ["1", "2"], "The variable A is set twice."),
        (["A"], ["v" * 4097], "The value of A is longer than 4096 bytes."),
        ([f"V{n}" for n in range(51)], ["v"] * 51, "You can set at most 50 variables."),
    ],
)
async def test_a_wrong_variable_is_named(site: Site, names: list[str], values: list[str], sentence: str) -> None:
    answer = await site.post("/endpoints", a_form(variables_key=names, variables_value=values))

    assert answer.status_code == 422
    assert sentence in text_of(answer.text)


async def test_a_syntax_error_blocks_create_with_its_line_and_column(site: Site) -> None:
    answer = await site.post("/endpoints", a_form(code="function handler(webhook) {\r\n  return webhook.;\r\n}"))

    assert answer.status_code == 422
    assert beside(answer.text, "code").startswith("Line 2, column 18: SyntaxError")
    assert 'data-for="#field-code" data-line="2" data-column="18"' in answer.text


async def test_an_unknown_card_is_not_found(site: Site) -> None:
    assert (await site.get("/endpoints/new?card=nothing")).status_code == 404
    assert (await site.post("/endpoints", a_form(card="nothing"))).status_code == 404


async def test_a_url_that_is_a_secret_is_kept_by_the_browser_as_secrets_are(site: Site) -> None:
    async def is_marked(path: str, name: str) -> bool:
        """Whether the scripts keep what is typed in the box no longer than its tab, see keep.js."""
        [box] = re.findall(rf'<input[^>]*name="{name}"[^>]*>', (await site.get(path)).text)
        return "data-secret" in box

    assert await is_marked("/endpoints/new?card=slack", "url")
    assert not await is_marked("/endpoints/new?card=webhook", "url")  # goes along to another card
    assert await is_marked("/settings", "webhook_url")
