"""The rows of the filter are kept, shown again, mended beside the row, and completed by what the samples hold."""

import html
import re
from typing import Any

import pytest
from entries import kept_endpoint
from form import PLAIN, a_form, path_of, text_of
from site_under_test import Site

from server.domain.conditions import MAX_CONDITIONS, Condition, Operator
from server.domain.endpoints import Endpoint
from server.store import endpoints

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
EURO = Condition("data.currency", Operator.EQUALS, "EUR")


def lines(*rows: tuple[str, str, str]) -> dict[str, Any]:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    names = ("conditions_path", "conditions_operator", "conditions_value")
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def beside_row(page: str, row: int) -> str:
    found = re.search(rf'id="conditions-{row}-error">.*?<span>(.*?)</span>', page, re.DOTALL)
    return html.unescape(found[1]) if found else ""


def options(page: str) -> set[str]:
    return set(re.findall(r'<option value="([^"]+)">', page.partition("<datalist")[2].partition("</datalist>")[0]))


async def the_endpoint(site: Site) -> Endpoint:
    [endpoint] = await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id))
    return endpoint


async def test_a_new_endpoint_keeps_its_filter(site: Site) -> None:
    rows = lines((" data.currency ", "=", " EUR "), ("", "=", ""), ("data.discount", "exists", "left over"))

    created = await site.post("/endpoints", a_form(**rows))

    assert path_of(created).startswith("/test/endpoints/ep_")
    assert (await the_endpoint(site)).conditions == (EURO, Condition("data.discount", Operator.EXISTS, ""))


async def test_the_filter_is_shown_and_changed(site: Site) -> None:
    endpoint = await kept_endpoint(site, conditions=(EURO,))

    page = (await site.get(f"/endpoints/{endpoint.id}/edit")).text
    assert 'value="data.currency"' in page
    assert 'value="EUR"' in page

    await site.post(f"/endpoints/{endpoint.id}/edit", a_form(**lines(("data.total_amount", ">=", "1000"))))
    assert (await the_endpoint(site)).conditions == (Condition("data.total_amount", Operator.AT_LEAST, "1000"),)

    await site.post(f"/endpoints/{endpoint.id}/edit", a_form(**lines(("", "=", ""))))
    assert (await the_endpoint(site)).conditions == ()


async def test_other_forms_of_the_endpoint_leave_its_filter_alone(site: Site) -> None:
    endpoint = await kept_endpoint(site, conditions=(EURO,))

    await site.post(f"/endpoints/{endpoint.id}/advanced", {"destination": "capture"})
    await site.post(f"/endpoints/{endpoint.id}/transformation", {"transforming": "off", "code": PLAIN})

    assert (await the_endpoint(site)).conditions == (EURO,)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("", "=", "EUR"), "Enter a field path, for example data.currency."),
        (("data..currency", "=", "EUR"), "This is not a valid path."),
        (("data.currency", "=", ""), 'Enter a value to compare with. "" is an empty text.'),
        (("data.currency", "like", "EUR"), "Select a comparison."),
        (("data.currency", "in", ","), "Separate the values with commas"),
        (("d" * 257, "=", "EUR"), "The path is longer than 256 characters."),
        (("data.currency", "contains", "x" * 501), "The value is longer than 500 characters."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_row(site: Site, row: tuple[str, str, str], sentence: str) -> None:
    answer = await site.post("/endpoints", a_form(**lines(("data.ok", "exists", ""), row)))

    assert answer.status_code == 422
    assert beside_row(answer.text, 1).startswith(sentence)
    assert beside_row(answer.text, 0) == ""
    path, _, value = row
    assert f'value="{path}"' in answer.text
    assert f'value="{value}"' in html.unescape(answer.text)
    assert await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id)) == []


async def test_a_filter_has_an_end(site: Site) -> None:
    answer = await site.post("/endpoints", a_form(**lines(*[("data.a", "exists", "")] * (MAX_CONDITIONS + 1))))

    assert answer.status_code == 422
    assert f"A filter can have at most {MAX_CONDITIONS} conditions." in text_of(answer.text)


async def test_what_was_typed_is_text_on_the_page(site: Site) -> None:
    hostile = '"><script>alert(1)</script>'

    answer = await site.post("/endpoints", a_form(url="", **lines((hostile, "=", hostile))))

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


async def test_paths_are_completed_by_the_samples_of_the_chosen_types(site: Site) -> None:
    everything = options((await site.get("/endpoints/new")).text)
    assert {"type", "data.currency", "data.customer.email"} <= everything

    async def completed(*event_types: str) -> set[str]:
        query = {"listen": "chosen", "event_types": list(event_types)}
        return options((await site.get("/conditions/paths", params=query)).text)

    payments, licences = await completed("payment.succeeded"), await completed("license_key.created")
    assert "data.currency" in payments - licences
    assert await completed("payment.succeeded", "license_key.created") == payments | licences
    assert await completed("nonsense") == set()
    assert options((await site.get("/conditions/paths?listen=all")).text) == everything


async def test_the_test_run_says_which_line_keeps_the_sample_away(site: Site) -> None:
    rows = lines(("type", "exists", ""), ("data.currency", "=", "XXX"))

    answer = await site.post("/transformations/try", a_form(**rows), headers=FRAGMENT)

    text = text_of(answer.text)
    assert "This endpoint would not receive this event." in text
    assert 'Its filter requires data.currency = XXX, but in this event the value is "USD".' in text
    assert "Ready to send" in text


async def test_the_test_run_says_that_the_filter_lets_the_sample_through(site: Site) -> None:
    answer = await site.post(
        "/test/transformations/try", a_form(**lines(("data.currency", "in", "USD, EUR"))), headers=FRAGMENT
    )
    assert "The filter matches this event." in text_of(answer.text)

    without = await site.post("/transformations/try", a_form(), headers=FRAGMENT)
    assert "filter" not in text_of(without.text)


async def test_the_test_run_says_that_the_type_is_not_listened_to(site: Site) -> None:
    form = a_form(listen="chosen", event_types=["refund.succeeded"])

    answer = await site.post("/transformations/try", form, headers=FRAGMENT)

    assert "It is not subscribed to payment.succeeded." in text_of(answer.text)


async def test_the_editor_of_an_endpoint_tests_with_the_filter_that_is_kept(site: Site) -> None:
    endpoint = await kept_endpoint(site, conditions=(Condition("data.no_such_field", Operator.EXISTS, ""),))

    answer = await site.post("/transformations/try", a_form(endpoint=endpoint.id), headers=FRAGMENT)

    assert "Its filter requires data.no_such_field exists, but this event has no such field." in text_of(answer.text)


async def test_a_filter_that_cannot_be_read_keeps_the_test_from_running(site: Site) -> None:
    answer = await site.post("/transformations/try", a_form(**lines(("a..b", "=", "1"))), headers=FRAGMENT)

    assert answer.status_code == 422
    assert 'href="#field-conditions"' in answer.text
