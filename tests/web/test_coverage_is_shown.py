"""The coverage page runs the code on samples and stored events and shows which lines and event types that reaches."""

import json
from dataclasses import replace

import pytest
from builders import a_message, an_endpoint
from form import text_of
from site_under_test import Site

from server.domain.backtests import EventSelection
from server.domain.catalog import sample_json
from server.domain.conditions import Condition, Operator
from server.domain.endpoints import Endpoint
from server.domain.ids import CodeDraftId, TestCaseId, mint
from server.domain.test_case_files import load
from server.domain.transformations import Program, Result, Webhook
from server.domain.versions import CodeDraft
from server.sandbox import Sandbox
from server.store import Transaction, drafts, endpoints, messages, stored_events, test_cases

CODE = """function handler(webhook) {
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = { paid: webhook.payload.data.total_amount };
  } else if (webhook.eventType === "refund.failed") {
    webhook.cancel = true;
  } else if (webhook.eventType === "dispute.won") {
    throw new Error("no");
  }
  const never = webhook.payload.nothing ? 1 : 2;
  return webhook;
}
"""


@pytest.fixture(params=["site", "site_on_postgres"])
def either(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


async def made(site: Site, code: str | None = CODE, **changes: object) -> Endpoint:
    endpoint = an_endpoint(site.source, code, **changes)
    await site.services.store.write(lambda tx: endpoints.insert(tx, endpoint))
    return endpoint


def row(page: str, event_type: str) -> str:
    """The text of an event type's row."""
    start = page.index(f'/events/{event_type}"')
    return text_of(page[start : page.index("</tr>", start)])


def line(page: str, number: int) -> str:
    start = page.index(f'id="L{number}"')
    return text_of(page[start : page.index("</tr>", start)])


async def test_lines_have_marks_and_event_types_their_effect(either: Site) -> None:
    endpoint = await made(
        either, event_types=frozenset({"payment.succeeded", "refund.failed", "dispute.won", "payment.failed"})
    )
    page = (await either.get(f"/endpoints/{endpoint.id}/coverage")).text
    assert "Has run partly" in line(page, 9) and "The value before the colon was never used." in line(page, 9)
    assert "Has run" in line(page, 7) and "Has run" in line(page, 10)
    assert "Changed" in row(page, "payment.succeeded") and "Never tried" in row(page, "payment.succeeded")
    assert "Cancelled" in row(page, "refund.failed")
    assert "Failed" in row(page, "dispute.won")
    assert "Never changed" in row(page, "payment.failed")
    assert "subscription.active" not in page
    address = f"/endpoints/{endpoint.id}/cases/new?event_type=payment.failed"
    assert address in page and "payment.failed" in (await either.get(address)).text


async def test_lines_that_no_event_reaches(site: Site) -> None:
    endpoint = await made(site, event_types=frozenset({"payment.failed"}))
    page = (await site.get(f"/endpoints/{endpoint.id}/coverage")).text
    assert "Never ran" in line(page, 3) and "Never ran" in line(page, 7)
    assert "The condition was never true." in line(page, 2)


async def test_stored_events_count_but_not_those_that_the_filter_rejects(either: Site) -> None:
    wanted = (Condition("data.currency", Operator.EQUALS, "EUR"),)
    endpoint = await made(either, conditions=wanted, event_types=frozenset({"payment.succeeded"}))
    body = json.loads(sample_json("payment.succeeded"))
    body["data"]["currency"] = "EUR"
    came = [a_message(either.source, body=json.dumps(body).encode()) for _ in range(3)]
    came += [a_message(either.source, body=sample_json("payment.succeeded").encode())]
    await either.services.store.write(lambda tx: messages.receive(tx, came))
    page = (await either.get(f"/endpoints/{endpoint.id}/coverage")).text
    found = row(page, "payment.succeeded")
    assert " 3 " in f" {found} " and "Never tried" not in found
    assert f"/messages/{came[2].id}" in page
    new = await either.get(f"/endpoints/{endpoint.id}/cases/new?message={came[2].id}")
    assert new.status_code == 200 and f"/cases/new?message={came[2].id}" in page


async def test_cases_count_and_their_code_runs(either: Site) -> None:
    endpoint = await made(either, event_types=frozenset({"payment.failed"}))
    expect = {"assertions": [{"cancelled": True}]}
    payload = {"type": "refund.failed", "data": {}}
    definition = {"name": "one", "event_type": "refund.failed", "payload": payload, "expect": expect}
    case = load(json.dumps(definition), id=mint(TestCaseId))
    await either.services.store.write(lambda tx: test_cases.insert(tx, endpoint.id, [case], "ada", 5))
    page = (await either.get(f"/endpoints/{endpoint.id}/coverage")).text
    assert "Has run" in line(page, 5)
    assert " 1 ·" in row(page, "refund.failed") and "Never tried" not in row(page, "refund.failed")


async def test_the_draft_comes_first_and_the_active_code_on_request(site: Site) -> None:
    endpoint = await made(site)
    code = "function handler(webhook) {\n  return null;\n}"
    draft = CodeDraft(mint(CodeDraftId), endpoint.id, 0, code, None, True, None, "ada", 5)
    await site.services.store.write(lambda tx: drafts.save(tx, draft))
    page = (await site.get(f"/endpoints/{endpoint.id}/coverage")).text
    assert "Coverage of the draft" in page and "return null" in page
    assert "Cancelled" in row(page, "payment.failed")
    page = (await site.get(f"/endpoints/{endpoint.id}/coverage?of=active")).text
    assert "Coverage of the active code" in page and "return null" not in page


async def test_without_code_and_with_code_that_cannot_be_counted(site: Site) -> None:
    page = (await site.get(f"/endpoints/{(await made(site, None)).id}/coverage")).text
    assert "There is no code yet." in page
    endpoint = await made(site, "function handler(w) { return w }\n" + "0 && 1;" * 6_000)
    page = (await site.get(f"/endpoints/{endpoint.id}/coverage")).text
    assert "The code has more than 10000 branches, so they are not counted." in text_of(page)
    assert "Never changed" in row(page, "payment.failed")


async def test_marks_for_the_editor_are_those_of_what_is_typed(site: Site) -> None:
    endpoint = await made(site)
    typed = "function handler(webhook) {\n  if (webhook.nothing)\n    return null;\n  return webhook;\n}"
    answer = (await site.post(f"/endpoints/{endpoint.id}/coverage.json", {"code": typed})).json()
    assert answer["lines"] == {"1": "covered", "2": "partly", "3": "never", "4": "covered"}
    assert answer["missed"] == {"2": ["The condition was never true."]}
    assert (answer["branches"], answer["problem"]) == ([2, 3], None)
    saved = (await site.get(f"/endpoints/{endpoint.id}/coverage.json")).json()
    assert saved["lines"]["10"] == "covered"
    for wrong in ("", "function (", "x" * 300_000):
        answer = (await site.post(f"/endpoints/{endpoint.id}/coverage.json", {"code": wrong})).json()
        assert answer["lines"] == {}


async def test_results_are_kept_for_a_moment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = await made(site, event_types=frozenset({"payment.failed"}))
    runs = []
    run = site.services.sandbox.run

    async def counted(*values: object, **options: object) -> object:
        runs.append(values)
        return await run(*values, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(site.services.sandbox, "run", counted)
    await site.get(f"/endpoints/{endpoint.id}/coverage")
    await site.get(f"/endpoints/{endpoint.id}/coverage.json")
    assert len(runs) == 1
    changed = replace(endpoint, updated_at=endpoint.updated_at + 1)
    assert changed != endpoint
    await site.post(f"/endpoints/{endpoint.id}/coverage.json", {"code": "function handler(w) { return w }"})
    assert len(runs) == 2


@pytest.mark.parametrize(
    "code", [CODE, CODE + "//" + "\n" + "1 && 1;" * 6_000, CODE + 'var {a = "x"} = {}; <!-- html\n']
)
async def test_runs_for_coverage_never_wait_in_the_queue_of_live_events(
    site: Site, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = await made(site, code)
    owners: set[str] = set()
    run = Sandbox.run

    async def noted(sandbox: Sandbox, program: Program, webhook: Webhook, *, background: bool = False) -> Result:
        owners.add(program.owner)
        return await run(sandbox, program, webhook, background=background)

    monkeypatch.setattr(Sandbox, "run", noted)
    await site.get(f"/endpoints/{endpoint.id}/coverage")
    assert owners == {f"coverage of {endpoint.id}"}


async def test_stored_events_are_read_within_bounds(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.web.coverage.MAX_REAL_BYTES", 10_000)
    endpoint = await made(site)
    body = json.dumps({"type": "payment.succeeded", "data": {"text": "x" * 2_000}}).encode()
    came = [a_message(site.source, body=body, received_at=site.services.now()) for _ in range(30)]
    await site.services.store.write(lambda tx: messages.receive(tx, came))
    page = (await site.get(f"/endpoints/{endpoint.id}/coverage")).text
    assert "the 10 newest stored events" in text_of(page)


async def test_stored_events_are_read_only_when_the_code_runs_on_them(
    either: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    page_of = stored_events.page

    def page(tx: Transaction, endpoint: Endpoint, selection: EventSelection, before: str, most: int) -> object:
        asked.append(most)
        return page_of(tx, endpoint, selection, before, most)

    monkeypatch.setattr(stored_events, "page", page)
    endpoint = await made(either, event_types=frozenset({"payment.succeeded"}))
    came = [a_message(either.source, body=sample_json("payment.succeeded").encode()) for _ in range(3)]
    await either.services.store.write(lambda tx: messages.receive(tx, came))
    for expected in ([1, 10], [1]):  # the second time the result is still kept
        asked.clear()
        assert " 3 " in row((await either.get(f"/endpoints/{endpoint.id}/coverage")).text, "payment.succeeded")
        assert asked == expected
    without_code = await made(either, None)
    asked.clear()
    assert "There is no code yet" in (await either.get(f"/endpoints/{without_code.id}/coverage")).text
    assert asked == [1]
