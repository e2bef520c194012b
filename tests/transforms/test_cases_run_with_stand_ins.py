"""Test cases run in the sandbox with stand-ins for secrets, at their own time, together and within a bound."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from card_checks import Folder, a_sandbox, folders

from server.actions.case_runs import CaseRun, results_of, run_cases
from server.domain.cards import Card
from server.domain.case_results import CaseState
from server.domain.catalog import sample_json
from server.domain.ids import TestCaseId
from server.domain.stand_ins import stand_in_credentials, stand_in_url, stand_in_variables
from server.domain.starting_cases import MAX_STARTING_CASES, starting_cases
from server.domain.test_case_files import load
from server.domain.test_cases import ExactRequest, TestCase, expecting
from server.domain.transformations import Program, Result, Webhook
from server.sandbox import Sandbox, Unavailable

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARDS = {folder.card.name: folder.card for folder in folders()}
PLAIN = "function handler(webhook) {{ {body} return webhook; }}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with a_sandbox() as started:
        yield started


def case(*assertions: dict[str, Any], **changes: Any) -> TestCase:
    content = {
        "name": "A case",
        "event_type": "payment.succeeded",
        "clock": "2026-01-31T09:30:00Z",
        "payload": json.loads(sample_json("payment.succeeded")),
        "expect": {"assertions": list(assertions) or [{"method": "POST"}]},
    }
    return load(json.dumps({**content, **changes}), id=TestCaseId("tc_1"))


async def run(sandbox: Sandbox, code: str, *cases: TestCase, card: str = "webhook", **options: Any) -> list[CaseRun]:
    return await run_cases(cases, card, code, owner="ep_1", sandbox=sandbox, cards=CARDS, **options)


async def test_code_sees_the_case_and_nothing_else(sandbox: Sandbox) -> None:
    code = PLAIN.format(
        body="webhook.payload = { now: Date.now(), at: webhook.timestamp, id: webhook.id, env: webhook.env };"
    )
    tried = case(
        {"path": "now", "equals": 1769851800000},
        {"path": "at", "equals": "1769851800"},
        {"path": "id", "equals": "msg_sample"},
        {"path": "env", "equals": {"CHANNEL": "#sales"}},
        variables={"CHANNEL": "#sales"},
    )
    (found,) = await run(sandbox, code, tried)
    assert (found.state, found.failures) == (CaseState.PASSED, ())


async def test_cases_keep_their_order_and_tell_how_far_they_are(sandbox: Sandbox) -> None:
    code = PLAIN.format(body="webhook.payload = { number: webhook.env.NUMBER, random: Math.random() };")
    cases = [
        replace(
            case({"path": "number", "equals": str(n)}, variables={"NUMBER": str(n if n != 30 else 0)}),
            id=TestCaseId(f"tc_{n}"),
        )
        for n in range(60)
    ]
    told: list[tuple[int, int]] = []
    runs = await run(sandbox, code, *cases, tell=lambda done, total: told.append((done, total)))
    results = results_of(runs)
    assert [each.id for each in results.results] == [each.id for each in cases]
    assert (results.passed, results.failed) == (59, 1)
    assert str(results.results[30].failures[0].sentence) == 'number is "0", not "30".'
    assert told == [(n + 1, 60) for n in range(60)]


async def test_the_same_request_comes_out_in_every_run(sandbox: Sandbox) -> None:
    code = PLAIN.format(body="webhook.payload = [Math.random(), crypto.randomUUID(), new Date(), Date.now()];")
    first, second = (await run(sandbox, code, case()))[0], (await run(sandbox, code, case()))[0]
    assert first.outcome is not None and first.outcome == second.outcome
    assert (await run(sandbox, code, replace(case(), expectation=expecting(first.outcome))))[0].state == "passed"


async def test_the_contract_of_the_card_is_held_against_the_request(sandbox: Sandbox) -> None:
    good, bad = await asyncio.gather(
        run(sandbox, CARDS["slack"].default_code, case({"contract": True}), card="slack"),
        run(sandbox, PLAIN.format(body="webhook.payload = { words: 1 };"), case({"contract": True}), card="slack"),
    )
    assert good[0].state is CaseState.PASSED, good[0].failures
    assert bad[0].state is CaseState.FAILED


async def test_code_that_never_ends_does_not_hold_up_the_answer(sandbox: Sandbox) -> None:
    started = time.monotonic()
    runs = await run(sandbox, "function handler() { for (;;); }", *[case()] * 12, seconds=1.5)
    assert time.monotonic() - started < 12  # 24 s where each has its own time
    assert {each.state for each in runs} <= {CaseState.FAILED, CaseState.UNRUN}
    assert "at most 2 s" in str(runs[-1].failures[0].sentence)


async def test_a_sandbox_that_cannot_run_is_no_failure_of_the_code() -> None:
    class Broken:
        async def run(self, program: Program, webhook: Webhook, background: bool = False) -> Result:
            raise Unavailable("no")

    (found,) = await run_cases([case()], "webhook", "x", owner="ep_1", sandbox=Broken(), cards=CARDS)
    assert found.state is CaseState.UNRUN


async def test_a_missing_own_card_is_told(sandbox: Sandbox) -> None:
    (found,) = await run(sandbox, PLAIN.format(body=""), case(), card="own:rooms")
    assert str(found.failures[0].sentence) == "It was not run, because the card own:rooms is not here."


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_stand_ins_make_a_request_that_the_contract_accepts(card: Card, sandbox: Sandbox) -> None:
    assertion = {"contract": True} if card.contract and card.contract.calls else {"method": "POST"}
    code = card.default_code if card.transforms else PLAIN.format(body="")
    (found,) = await run(sandbox, code, case(assertion), card=card.name)
    if isinstance(found.outcome, type(None)) or found.outcome.__class__.__name__ != "FinishedRequest":
        pytest.skip("cancels this event")
    assert [str(each.sentence) for each in found.failures if "contract" in str(each.sentence)] == []
    made = expecting(found.outcome)
    assert isinstance(made, ExactRequest)
    assert stand_in_url(card).startswith("http") and stand_in_credentials(card) == stand_in_credentials(card)


async def test_variables_that_may_be_keys_get_stand_ins() -> None:
    variables = {
        "API_KEY": "sk_live_4f9a2c7d1e8b",
        "CHANNEL": "#sales",
        "RATE": "0.2",
        "HOOK": "https://a.example/x?token=abcdefgh1234",
    }
    assert stand_in_variables(variables) == {
        "API_KEY": "case-API_KEY",
        "CHANNEL": "#sales",
        "RATE": "0.2",
        "HOOK": "case-HOOK",
    }


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.card.name)
async def test_cases_that_a_new_endpoint_begins_with_pass(folder: Folder, sandbox: Sandbox) -> None:
    for code in folder.codes.values():
        cases = starting_cases(folder.card, code, None)
        assert 1 <= len(cases) <= MAX_STARTING_CASES
        runs = await run(sandbox, code, *cases, card=folder.card.name)
        assert [(each.case.name, each.failures) for each in runs if each.failures] == []


async def test_a_new_endpoint_begins_with_cases_of_its_event_types() -> None:
    card = CARDS["slack"]
    some = frozenset({"payment.succeeded", "payment.failed", "payment.processing"})
    assert [case.event_type for case in starting_cases(card, card.default_code, some)] == [
        "payment.succeeded",
        "payment.failed",
        "payment.processing",
    ]
    kinds = {case.event_type.partition(".")[0] for case in starting_cases(card, card.default_code, None)}
    assert len(kinds) > 6
    assert starting_cases(card, "function handler(w) { return w }", None) == ()
    odd = {"default": '{"*": {"payload": "text", "headers": {"a": 1}}, "refund.failed": 5}'}
    assert starting_cases(replace(card, expected=odd), card.default_code, None) == ()
    deep = '{"*": {"payload": ' + "[" * 900 + "]" * 900 + "}}"
    large = json.dumps({"*": {"payload": "x" * 600_000}})
    for unusable in ("[", deep, large):
        assert starting_cases(replace(card, expected={"default": unusable}), card.default_code, None) == ()
