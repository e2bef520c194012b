"""Code as people paste it from the docs of an integration, on the sample events: where the contract finds errors.

``typical/<card>/verdicts.json`` says for each code and event type the paths of the errors, or ``"throws"``, or
``"cancelled"``.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from card_checks import Folder, a_sandbox, made_of, sample_event

from server.assets import transforms_dir
from server.delivery.prepare import ReadyToSend
from server.domain.contract_schemas import Fix
from server.domain.transformations import Cancelled
from server.domain.verdicts import Verdict
from server.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

TYPICAL = Path(__file__).parent / "typical"
SEED = Path(__file__).parent.parent / "fixtures" / "seed"
SAYS = {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in TYPICAL.glob("*/verdicts.json")}
FOLDERS = {name: Folder.read(transforms_dir() / name) for name in {*SAYS, "customer_io"}}

CASES = [
    pytest.param(card, code, event_type, found, id=f"{card}-{code}-{event_type}")
    for card, codes in sorted(SAYS.items())
    for code, event_types in codes.items()
    for event_type, found in event_types.items()
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with a_sandbox() as started:
        yield started


async def verdict_on(sandbox: Sandbox, folder: Folder, code: Path, event_type: str) -> Verdict | str:
    """The contract's verdict, or ``"cancelled"``, or ``"throws"``."""
    event = sample_event(event_type)
    made = await made_of(sandbox, folder.card, code.read_text(encoding="utf-8"), event)
    if isinstance(made, Cancelled):
        return "cancelled"
    if not isinstance(made, ReadyToSend):
        return "throws"
    return folder.contract.judge(made.request, received=event.body, now=event.timestamp * 1000)


async def test_every_code_has_verdicts_and_every_verdict_its_code() -> None:
    codes = {(path.parent.name, path.stem) for path in TYPICAL.glob("*/*.js")}
    assert codes == {(card, code) for card, verdicts in SAYS.items() for code in verdicts}


@pytest.mark.parametrize(("card", "code", "event_type", "found"), CASES)
async def test_the_errors_are_found_where_they_are(
    card: str, code: str, event_type: str, found: Any, sandbox: Sandbox
) -> None:
    verdict = await verdict_on(sandbox, FOLDERS[card], TYPICAL / card / f"{code}.js", event_type)
    paths = verdict if isinstance(verdict, str) else [each.path for each in verdict.errors]
    assert paths == found


@pytest.mark.parametrize(
    ("name", "event_type", "errors"),
    [
        ("track_payments", "payment.succeeded", ["action"]),
        ("track_subscriptions", "subscription.active", ["action"]),
        ("track_subscriptions", "subscription.cancelled", ["action"]),
        ("track_attributes", "payment.succeeded", []),
    ],
)
async def test_the_seeds_code_gets_exactly_these_errors(
    name: str, event_type: str, errors: list[str], sandbox: Sandbox
) -> None:
    verdict = await verdict_on(sandbox, FOLDERS["customer_io"], SEED / f"{name}.js", event_type)
    assert isinstance(verdict, Verdict)
    assert [each.path for each in verdict.findings] == errors
    assert all(each.fix == Fix(value="event", move_to="name") for each in verdict.findings)
    assert all('"event"' in each.allowed for each in verdict.findings)
