"""The event catalog: all types in their groups, found by words, each with schema and sample."""

import json
import re
from html import unescape

import pytest
from site_under_test import Site

from server.domain.catalog import EVENT_TYPES, GROUPS, sample_json
from server.web.catalog import properties_of


async def test_every_type_stands_in_the_list_with_its_description(site: Site) -> None:
    page = unescape((await site.get("/events")).text)
    for group in GROUPS:
        assert group.title in page
    for event_type in EVENT_TYPES.values():
        assert f'href="/test/events/{event_type.name}"' in page
        assert event_type.description in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("refund", {"refund.succeeded", "refund.failed"}),
        ("PAYOUT fail", {"payout.failed"}),
        ("license_key", {"license_key.created"}),
        ("zzz", set()),
    ],
)
async def test_a_search_finds_types_in_which_every_word_occurs(site: Site, words: str, found: set[str]) -> None:
    page = (await site.get("/events", params={"q": words})).text
    shown = {name for name in EVENT_TYPES if f'href="/test/events/{name}"' in page}
    assert found <= shown if found else shown == set()
    assert len(shown) < len(EVENT_TYPES)
    assert ("No event types match" in page) is (not found)


async def test_htmx_gets_the_list_alone(site: Site) -> None:
    answer = await site.get("/events?q=refund", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert answer.text.lstrip().startswith('<div class="stack loose" id="found"')
    assert "<html" not in answer.text


@pytest.mark.parametrize("name", EVENT_TYPES)
async def test_a_types_page_shows_each_field_and_the_sample(site: Site, name: str) -> None:
    answer = await site.get(f"/events/{name}")
    page = unescape(answer.text)
    assert EVENT_TYPES[name].description in page
    assert sample_json(name) in unescape(re.sub("<[^>]+>", "", answer.text))
    for field in EVENT_TYPES[name].schema["properties"]["data"]["properties"]:
        assert f'<code class="property">{field}</code>' in page


async def test_the_sample_is_there_alone_as_json(site: Site) -> None:
    answer = await site.get("/events/payment.succeeded/sample.json")
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.text) == EVENT_TYPES["payment.succeeded"].sample


@pytest.mark.parametrize("path", ["/test/events/none", "/test/events/none/sample.json", "/test/events/%3Cb%3E"])
async def test_an_unknown_type_is_not_found(site: Site, path: str) -> None:
    answer = await site.get(path)
    assert answer.status_code == 404
    assert "Dodo Payments has no such event type." in answer.text


def test_a_schemas_tree_tells_kinds_choices_and_what_may_be_missing() -> None:
    schema = {
        "type": "object",
        "required": ["items"],
        "properties": {
            "state": {"type": ["string", "null"], "enum": ["on", "off", None], "description": "How it is."},
            "items": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        },
    }
    state, items = properties_of(schema)
    assert (state.kind, state.required, list(state.choices)) == ("string or null", False, ["on", "off"])
    assert (items.kind, items.required, [inner.name for inner in items.properties]) == ("array of object", True, ["n"])
