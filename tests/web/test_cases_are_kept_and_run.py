"""Test cases on the pages: made from samples, tests and messages, run on every save, and in the way of Activate."""

import asyncio
import html
import json
import re
from dataclasses import replace
from typing import Any

from entries import arrived
from form import a_form, path_of, text_of
from site_under_test import Site

from server.actions import test_cases as actions
from server.actions.case_runs import run_all
from server.actions.services import Services
from server.domain.assertions import Assertion, Kind
from server.domain.case_results import CaseResults
from server.domain.catalog import sample_json
from server.domain.ids import EndpointId
from server.domain.test_cases import ExactRequest
from server.domain.transformations import Program, Result, Webhook
from server.store import drafts, endpoints, test_cases, versions
from server.store.test_cases import StoredCase

CODE = """function handler(webhook) {
  const { data } = webhook.payload;
  webhook.payload = { text: data.customer.email + " " + data.total_amount, now: Date.now() };
  return webhook;
}
"""
OTHER = CODE.replace('" "', '" paid "')


async def an_endpoint_of(site: Site, **changes: Any) -> str:
    return path_of(await site.post("/endpoints", a_form(code=CODE, **changes))).split("/")[3]


async def cases_of(site: Site, endpoint_id: str) -> list[StoredCase]:
    return await site.services.store.read(lambda tx: test_cases.of_endpoint(tx, EndpointId(endpoint_id)))


async def checks_of(site: Site, endpoint_id: str) -> CaseResults:
    await site.services.case_progress.wait(EndpointId(endpoint_id))  # a page waits a second for them
    draft = await site.services.store.read(lambda tx: drafts.current(tx, EndpointId(endpoint_id)))
    assert draft and draft.checks
    found = CaseResults.load(draft.checks)
    assert found
    return found


def fields(page: str) -> dict[str, Any]:
    """The fields of the case's form as they are shown."""
    form = page[page.index('name="name"') - 400 : page.index("Save test case")]
    form = re.sub(r"<template.*?</template>", "", form, flags=re.S)
    found: dict[str, Any] = {}
    for tag in re.finditer(
        r"<input ([^>]*)>|<textarea ([^>]*)>\n(.*?)</textarea>|<select ([^>]*)>(.*?)</select>", form, re.S
    ):
        attributes = tag[1] or tag[2] or tag[4] or ""
        name = re.search(r'name="([^"]+)"', attributes)
        if not name or ('type="radio"' in attributes and "checked" not in attributes):
            continue
        if tag[2]:
            value = tag[3]
        elif tag[4]:
            chosen = re.search(r'value="([^"]*)" selected', tag[5])
            value = chosen[1] if chosen else ""
        else:
            shown = re.search(r'value="([^"]*)"', attributes)
            value = shown[1] if shown else ""
        found.setdefault(name[1], []).append(html.unescape(value))
    return found


async def save_from(site: Site, endpoint_id: str, query: str, **changes: Any) -> StoredCase:
    page = await site.get(f"/endpoints/{endpoint_id}/cases/new{query}")
    assert page.status_code == 200, text_of(page.text)
    answer = await site.post(f"/endpoints/{endpoint_id}/cases", fields(page.text) | changes)
    assert answer.status_code == 303, text_of(answer.text)
    return (await cases_of(site, endpoint_id))[-1]


async def test_a_case_is_made_of_a_sample_and_passes(each_site: Site) -> None:
    endpoint_id = await an_endpoint_of(each_site)
    stored = await save_from(each_site, endpoint_id, "?event_type=payment.succeeded")
    assert stored.case and isinstance(stored.case.expectation, ExactRequest)
    assert json.loads(stored.case.expectation.body)["text"] == "mira.lindqvist@northwind.example 4999"
    assert (stored.name, stored.author) == ("payment.succeeded", "ada")
    page = text_of((await each_site.get(f"/endpoints/{endpoint_id}/cases")).text)
    assert "Passed 1" in page
    again = await save_from(each_site, endpoint_id, "?event_type=payment.succeeded")
    assert again.name == "payment.succeeded 2"


async def test_a_case_of_a_message_hides_the_person(each_site: Site) -> None:
    site, endpoint_id = each_site, await an_endpoint_of(each_site)
    message_id = (await arrived(site, body=sample_json("payment.succeeded").encode())).id
    page = await site.get(f"/messages/{message_id}")
    assert f"/endpoints/{endpoint_id}/cases/new?message={message_id}" in page.text

    masked = await save_from(site, endpoint_id, f"?message={message_id}")
    plain = await save_from(site, endpoint_id, f"?message={message_id}&mask=off")

    assert masked.case and plain.case
    assert "mira.lindqvist" not in masked.case.payload and "@example.com" in masked.case.payload
    assert "mira.lindqvist" in plain.case.payload
    assert (
        "Personal data is masked." in (await site.get(f"/endpoints/{endpoint_id}/cases/new?message={message_id}")).text
    )


async def test_a_case_is_made_of_a_test_with_the_typed_code(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    form = a_form(endpoint=endpoint_id, code=OTHER, variables_key=["API_KEY"], variables_value=["sk_live_4f9a2c7d1e8b"])
    tested = await site.post("/transformations/try", form, headers={"hx-request-type": "partial", "hx-request": "true"})
    assert f"/endpoints/{endpoint_id}/cases/propose" in tested.text
    page = await site.post(f"/endpoints/{endpoint_id}/cases/propose", form)
    assert page.status_code == 200
    shown = fields(page.text)
    assert " paid " in shown["body"][0] and "sk_live" not in page.text
    assert shown["variables_value"][0] == "case-API_KEY"
    assert "mira.lindqvist" in shown["payload"][0]

    assert 'name="mask" value="on" checked' in tested.text
    assert "data-save" not in tested.text  # Ctrl+S saves the draft, also below a test result
    masked = await site.post(f"/endpoints/{endpoint_id}/cases/propose", {**form, "mask": "on"})
    assert "mira.lindqvist" not in masked.text and "Personal data is masked." in masked.text


async def test_saving_a_draft_runs_the_cases_and_a_failing_one_stops_it(each_site: Site) -> None:
    site, endpoint_id = each_site, await an_endpoint_of(each_site)
    case = await save_from(site, endpoint_id, "")
    at = f"/endpoints/{endpoint_id}"
    await site.post(f"{at}/transformation", a_form(code=OTHER))
    assert (await checks_of(site, endpoint_id)).failing == 1

    review = await site.get(f"{at}/transformation/activate")
    assert "1 test case fails" in text_of(review.text)
    draft = draft_in(review.text)
    refused = await site.post(f"{at}/transformation/activate", {"draft": draft, "note": "n"})
    assert refused.status_code == 422 and "Test cases fail." in text_of(refused.text)

    shown = await site.get(f"{at}/cases/{case.id}/update")
    assert "paid" in shown.text
    expect = fields_of_update(shown.text)
    updated = await site.post(f"{at}/cases/{case.id}/update", {"expect": expect})
    assert updated.headers["location"].endswith("said=case-updated")
    assert (await checks_of(site, endpoint_id)).is_fine
    activated = await site.post(f"{at}/transformation/activate", {"draft": draft})
    assert activated.headers["location"].endswith("said=activated")


async def test_what_was_said_of_other_cases_is_forgotten(each_site: Site) -> None:
    """Whoever changes the cases, and however long a run on what they were takes."""
    site, endpoint_id = each_site, await an_endpoint_of(each_site)
    case = await save_from(site, endpoint_id, "")
    at = f"/endpoints/{endpoint_id}"
    await site.post(f"{at}/transformation", a_form(code=OTHER))
    assert (await checks_of(site, endpoint_id)).failing == 1
    endpoint, draft = await site.services.store.read(
        lambda tx: (endpoints.get(tx, EndpointId(endpoint_id)), drafts.current(tx, EndpointId(endpoint_id)))
    )
    assert endpoint and draft and case.case
    held = Held(site.services)
    earlier = asyncio.create_task(run_all(held, endpoint, draft))
    await held.is_asked.wait()

    expected = (await actions.updated(site.services, endpoint, case.case, OTHER)).case
    await actions.change(site.services, endpoint, expected)
    shown = text_of((await site.get(f"{at}/transformation")).text)
    assert "They run when you save." in shown and "1 test case fails" not in shown
    held.may_run.set()
    assert (await earlier).failing == 1
    assert "1 test case fails" not in text_of((await site.get(f"{at}/transformation")).text)

    await site.get(f"{at}/transformation/activate")
    assert (await checks_of(site, endpoint_id)).is_fine
    await actions.remove(site.services, endpoint, [case.id])
    assert "1 test case passes" not in text_of((await site.get(f"{at}/transformation")).text)


async def test_results_on_the_active_code_are_those_of_the_cases_as_they_are(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    case = await save_from(site, endpoint_id, "")
    at = f"/endpoints/{endpoint_id}/cases"
    assert "Passed 1" in text_of((await site.get(at)).text)
    endpoint = await site.services.store.read(lambda tx: endpoints.get(tx, EndpointId(endpoint_id)))
    assert endpoint and case.case
    await actions.change(site.services, endpoint, replace(case.case, expectation=(Assertion(Kind.CANCELLED),)))
    shown = text_of((await site.get(at)).text)
    assert "They have not been run on this code yet." in shown and "Passed 1" not in shown
    await site.post(f"{at}/run")
    await site.services.case_progress.wait(EndpointId(endpoint_id))
    assert "Passed 1" not in text_of((await site.get(at)).text)


class Held:
    """The parts that run cases, with a sandbox that waits until it may run."""

    def __init__(self, services: Services) -> None:
        self.store, self.cards, self.sandbox = services.store, services.cards, self
        self.run_now = services.sandbox.run
        self.is_asked, self.may_run = asyncio.Event(), asyncio.Event()

    async def run(self, program: Program, webhook: Webhook, *, background: bool) -> Result:
        self.is_asked.set()
        await self.may_run.wait()
        return await self.run_now(program, webhook, background=background)


async def test_a_failing_case_is_overridden_with_a_note(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    await save_from(site, endpoint_id, "")
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=OTHER))
    review = await site.get(f"/endpoints/{endpoint_id}/transformation/activate")
    form = {"draft": draft_in(review.text), "override_note": "The case is old."}
    answer = await site.post(f"/endpoints/{endpoint_id}/transformation/activate", form)
    assert answer.status_code == 303
    made = await site.services.store.read(lambda tx: versions.activations_of(tx, EndpointId(endpoint_id)))
    assert (made[0].failing, made[0].override_note) == (1, "The case is old.")


def draft_in(page: str) -> str:
    found = re.search(r'name="draft" value="([^"]+)"', page)
    assert found
    return found[1]


def fields_of_update(page: str) -> str:
    found = re.search(r'name="expect"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert found
    return html.unescape(found[1])


async def test_assertions_are_typed_without_scripts(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    rows = [
        ("path matches", "text", "4999$"),
        ("", "", ""),
        ("path less_than", "now", "1e15"),
        ("header absent", "authorization", ""),
        ("contract", "", ""),
    ]
    columns = {
        f"assertion_{name}": [row[index] for row in rows] for index, name in enumerate(("kind", "target", "value"))
    }
    stored = await save_from(site, endpoint_id, "", expect="assertions", name="Rows", **columns)
    assert stored.case and len(stored.case.expectation) == 4  # type: ignore[arg-type]
    page = await site.get(f"/endpoints/{endpoint_id}/cases/{stored.id}")
    assert "The card has no contract that could hold." in text_of(page.text) or "Passed" in text_of(page.text)
    assert fields(page.text)["assertion_value"][:2] == ["4999$", "1000000000000000.0"]


async def test_a_mistake_is_told_beside_its_field(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    page = await site.get(f"/endpoints/{endpoint_id}/cases/new")
    good = fields(page.text)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"name": ""}, "must not be empty."),
        ({"payload": "{"}, "It is not valid JSON: see line 1, column 2."),
        ({"clock": "soon"}, "must be a time such as"),
        ({"url": ""}, "must not be empty."),
        ({"expect": "assertions", "assertion_kind": []}, "must not be empty."),
        (
            {
                "expect": "assertions",
                "assertion_kind": ["path matches"],
                "assertion_target": ["a"],
                "assertion_value": ["("],
            },
            "assertions[0].matches is not a regular expression.",
        ),
    ]
    for changes, sentence in bad:
        answer = await site.post(f"/endpoints/{endpoint_id}/cases", good | changes)
        assert answer.status_code == 422 and sentence in text_of(answer.text), (changes, text_of(answer.text))
    assert await cases_of(site, endpoint_id) == []


async def test_cases_of_another_source_or_endpoint_are_not_found(site: Site) -> None:
    one, other = await an_endpoint_of(site), await an_endpoint_of(site)
    case = await save_from(site, one, "")
    for path in (f"/endpoints/{other}/cases/{case.id}", f"/endpoints/{other}/cases/{case.id}/update"):
        assert (await site.get(path)).status_code == 404
    await site.post(f"/endpoints/{other}/cases/{case.id}/delete")
    assert len(await cases_of(site, one)) == 1
    await site.post(f"/endpoints/{one}/cases/{case.id}/delete")
    assert await cases_of(site, one) == []


async def test_the_editor_opens_with_a_real_event(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    message_id = (await arrived(site, body=sample_json("payment.succeeded").encode())).id
    page = await site.get(f"/endpoints/{endpoint_id}/transformation?message={message_id}")
    assert "mira.lindqvist@northwind.example" in page.text
    form = a_form(endpoint=endpoint_id, code=OTHER, payload="{}", message=message_id, load="message")
    loaded = await site.post("/transformations/sample", form)
    assert "mira.lindqvist@northwind.example" in loaded.text and " paid " in loaded.text


async def test_a_new_endpoint_begins_with_the_cases_of_its_card(each_site: Site) -> None:
    card = each_site.services.cards["slack"]
    form = a_form(
        card="slack", url="https://hooks.slack.com/services/T0/B0/secret", code=card.default_code, rate_limit="1"
    )
    endpoint_id = path_of(await each_site.post("/endpoints", form)).split("/")[3]
    assert len(await cases_of(each_site, endpoint_id)) == 12
    await each_site.post(f"/endpoints/{endpoint_id}/cases/run")
    page = await each_site.get(f"/endpoints/{endpoint_id}/cases")
    async with asyncio.timeout(20):  # on a busy machine the page says first how far the run is
        while "of 12 test cases run" in text_of(page.text):
            page = await each_site.get(f"/endpoints/{endpoint_id}/cases")
    assert "Passed 12" in text_of(page.text)
    assert "B0/secret" not in page.text
    case = (await cases_of(each_site, endpoint_id))[0]
    assert "B0/secret" not in (await each_site.get(f"/endpoints/{endpoint_id}/cases/{case.id}")).text


async def test_a_run_that_takes_long_shows_how_far_it_is(site: Site) -> None:
    endpoint_id = await an_endpoint_of(site)
    for _ in range(3):
        await save_from(site, endpoint_id, "")
    at = f"/endpoints/{endpoint_id}"
    await site.post(f"{at}/transformation", a_form(code="function handler() { for (;;); }"))
    page = await site.get(f"{at}/cases")
    assert '<progress id="cases-progress"' in page.text and f'href="/test{at}/cases">Reload' in page.text
    await site.services.case_progress.wait(EndpointId(endpoint_id))
    assert (await checks_of(site, endpoint_id)).failing == 3


async def test_a_case_of_an_event_on_which_the_code_fails_fails_until_it_is_mended(site: Site) -> None:
    code = CODE.replace("data.customer", "data.customer.missing")
    endpoint_id = path_of(await site.post("/endpoints", a_form(code=code))).split("/")[3]
    case = await save_from(site, endpoint_id, "")
    page = await site.get(f"/endpoints/{endpoint_id}/cases/{case.id}")
    assert "The code failed: TypeError" in text_of(page.text)
    await site.post(f"/endpoints/{endpoint_id}/transformation", a_form(code=CODE))
    assert (await checks_of(site, endpoint_id)).is_fine
