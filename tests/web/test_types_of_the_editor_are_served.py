"""The types for the code editor: those of an endpoint, and those of a card for the form of a new endpoint."""

import json
from typing import Any

import pytest
from builders import an_endpoint
from site_under_test import Site

from server.domain.endpoints import Endpoint
from server.domain.ids import Millis
from server.store import endpoints, observations

NOW = Millis(1_767_225_600_000)


def facts_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text.partition("\n")[0].removeprefix("//"))
    return found


@pytest.fixture
async def shop(site: Site) -> Endpoint:
    made = an_endpoint(
        site.source,
        "function handler(w) { return w }",
        card="customer_io",
        url="https://track.customer.io/api/v2/entity",
        event_types=frozenset({"payment.succeeded", "refund.failed"}),
        variables={"TEAM_ID": "secret-value"},
    )
    await site.services.store.write(lambda tx: endpoints.insert(tx, made))
    return made


async def test_an_endpoint_has_its_event_types_variables_and_contract(site: Site, shop: Endpoint) -> None:
    answer = await site.get(f"/test/endpoints/{shop.id}/types.d.ts")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert facts_of(answer.text)["subscribed"] == ["payment.succeeded", "refund.failed"]
    assert "readonly TEAM_ID: string;" in answer.text
    assert "secret-value" not in answer.text
    assert "type AcceptsByUrl = Accepts0;" in answer.text


async def test_a_new_endpoint_has_the_event_types_of_its_form(site: Site) -> None:
    all_of_them = await site.get("/test/transformations/types.d.ts?card=telegram")
    some = await site.get("/test/transformations/types.d.ts?card=telegram&event=payment.failed&event=no.such")

    assert len(facts_of(all_of_them.text)["subscribed"]) == 48
    assert facts_of(some.text)["subscribed"] == ["payment.failed"]
    assert "readonly CHAT_ID: string;" in some.text
    assert (await site.get("/test/transformations/types.d.ts?card=no")).status_code == 404


async def test_the_forms_name_their_types(site: Site, shop: Endpoint) -> None:
    new = (await site.get("/test/endpoints/new?card=slack")).text
    edited = (await site.get(f"/test/endpoints/{shop.id}/transformation")).text

    assert 'data-types-url="/test/transformations/types.d.ts?card=slack"' in new
    assert f'data-types-url="/test/endpoints/{shop.id}/types.d.ts"' in edited


async def test_unchanged_types_are_not_sent_again(site: Site) -> None:
    at = "/test/transformations/types.d.ts?card=slack"
    first = await site.get(at)
    again = await site.client.get(at, headers={"if-none-match": first.headers["etag"]})
    other = await site.client.get(at, headers={"if-none-match": '"another"'})

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.headers["etag"]) == (200, first.headers["etag"])
    assert first.headers["cache-control"] == "private, no-cache"


async def test_descriptions_are_in_the_language_of_the_reader(site: Site) -> None:
    answer = await site.client.get(
        "/test/transformations/types.d.ts?card=customer_io", headers={"accept-language": "zh-CN"}
    )
    assert "事件类型" in answer.text


@pytest.fixture(params=["site", "site_on_postgres"])
def either(request: pytest.FixtureRequest) -> Site:
    """The site on either database."""
    found: Site = request.getfixturevalue(request.param)
    return found


async def test_fields_of_real_events_are_in_the_types(either: Site) -> None:
    site = either
    fields = {"data.tier": frozenset({"string"}), "data.currency": frozenset({"null", "string"})}

    def observe(tx: Any) -> None:
        observations.add(tx, "payment.succeeded", [fields], NOW)
        observations.add(tx, "payment.new", [{}], NOW)

    await site.services.store.write(observe)
    text = (await site.get("/test/transformations/types.d.ts?card=webhook&event=payment.succeeded")).text

    assert "/** Seen in real events, but not in the catalog. */\ntier?: string;" in text
    assert "\ncurrency: string | null;" in text
    assert facts_of(text)["seen"] == ["payment.new"]


async def test_the_type_checker_is_kept_by_browsers_and_allowed_by_the_policy(site: Site) -> None:
    by_sum = await site.get("/static/vendor/typescript.js?v=0123456789abcdef")
    plain = await site.get("/static/vendor/typescript.js")
    odd = await site.get("/static/vendor/typescript.js?v=zz")

    assert by_sum.headers["cache-control"] == "max-age=31536000, immutable"
    assert (plain.headers["cache-control"], odd.headers["cache-control"]) == ("no-cache", "no-cache")
    page = await site.get("/test/endpoints/new?card=slack")
    assert "worker-src 'self'" in page.headers["content-security-policy"]
    worker = await site.get("/static/js/type-worker.js")
    assert "script-src 'self'" in worker.headers["content-security-policy"]  # the policy of a worker is its file's
