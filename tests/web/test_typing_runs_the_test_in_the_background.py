"""A run that the page starts while somebody types is the same test, in the sandbox's background lane."""

import asyncio
from typing import Any

import pytest
from form import a_form, text_of
from site_under_test import Site

from server.actions import trials
from server.sandbox import Sandbox

FRAGMENT = {"hx-request": "true", "hx-request-type": "partial"}
CODE = 'function handler(webhook) {\n  webhook.payload = { text: "typed" };\n  return webhook;\n}'


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The owner of each run, and whether it ran in the background."""
    made: list[tuple[str, bool]] = []
    run = Sandbox.run

    async def noted(self: Sandbox, program: Any, webhook: Any, *, background: bool = False) -> Any:
        made.append((program.owner, background))
        return await run(self, program, webhook, background=background)

    monkeypatch.setattr(Sandbox, "run", noted)
    return made


async def test_the_result_is_that_of_run_test(site: Site, lanes: list[tuple[str, bool]]) -> None:
    asked = await site.post("/transformations/try", a_form(code=CODE), headers=FRAGMENT)
    typed = await site.post("/transformations/try", a_form(code=CODE, typing="on"), headers=FRAGMENT)

    (_, first), (owner, second) = lanes
    assert [first, second] == [False, True]
    assert owner.startswith("typing in ")
    assert [("Ready to send" in text_of(each.text)) for each in (asked, typed)] == [True, True]
    assert 'data-run-outcome="sent"' in typed.text


async def test_an_error_is_no_alert(site: Site) -> None:
    answer = await site.post("/transformations/try", a_form(code=CODE[:-1], typing="on"), headers=FRAGMENT)

    assert answer.status_code == 200
    assert 'data-run-outcome="failed"' in answer.text
    assert 'role="alert"' not in answer.text


async def test_a_run_that_finds_no_slot_ends_with_a_sentence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Sandbox, "run", waits)
    monkeypatch.setattr(trials, "TYPING_SECONDS", 0.05)

    answer = await site.post("/transformations/try", a_form(code=CODE, typing="on"), headers=FRAGMENT)

    assert answer.status_code == 422
    assert "The sandbox cannot run code right now." in answer.text
    assert 'data-run-outcome="refused"' in answer.text
