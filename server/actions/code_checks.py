"""Holds code against its card's contract on every sample event, and corrects it so that fewer findings are left.

Nothing is sent. A correction is offered only after it was run: on no sample may it fail or be refused where the present
code is not.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from server.delivery.prepare import Event, ReadyToSend, RunsCode, prepare, runs_code, unsent_event
from server.domain.cards import Card
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.code_fixes import WrongValue, cancelling_all_but, corrections
from server.domain.contract_schemas import Fix
from server.domain.endpoints import Endpoint
from server.domain.line_diff import DiffLine, line_diff
from server.domain.masking import masker_of
from server.domain.requests import FinishedRequest
from server.domain.transformations import MAX_CODE_BYTES, TransformFailed
from server.domain.verdicts import Finding, Verdict
from server.sandbox import Unavailable

CHECK_SECONDS = 2.0
"""The longest that one check of all samples goes on; what is left is not checked."""
FIX_SECONDS = 6.0
MAX_STEPS = 12
"""Findings that are corrected one after the other."""
MAX_LINES = 4000
"""Code with more lines is not corrected."""


@dataclass(frozen=True, slots=True)
class SampleFinding:
    """An error in what the code makes of the sample of an event type."""

    event_type: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class SampleChecks:
    """What a contract says about the code on the samples of the event types that the endpoint listens to."""

    errors: tuple[SampleFinding, ...] = ()
    """In the order of the catalog; those of requests that the code made."""
    warnings: tuple[SampleFinding, ...] = ()
    unhandled: tuple[str, ...] = ()
    """Event types that the code leaves as they are, which the destination does not accept."""
    handled: tuple[str, ...] = ()
    """Event types of which the code makes a request, or which it cancels."""
    failed: tuple[str, ...] = ()
    """Event types on whose sample the code fails."""
    unchecked: int = 0
    """Event types that time did not suffice for."""

    @property
    def clean(self) -> bool:
        return not (self.errors or self.warnings or self.unhandled or self.failed or self.unchecked)

    @property
    def badness(self) -> tuple[int, int, int]:
        return len(self.failed), len(self.errors), len(self.warnings)

    @property
    def can_be_fixed(self) -> bool:
        """Whether the contract knows how a finding is mended; whether that helps, only trying tells."""
        return any(one.finding.fix for one in (*self.errors, *self.warnings))


class Part(StrEnum):
    """What a correction is about."""

    FINDINGS = "findings"
    """Values that the destination does not accept."""
    UNHANDLED = "unhandled"
    """Event types that are sent as they came, which the destination does not accept."""


@dataclass(frozen=True, slots=True)
class Correction:
    """Code with fewer findings, and how it differs."""

    code: str
    lines: Sequence[DiffLine]
    left: SampleChecks
    """What the contract says about the corrected code."""
    fixed: int
    """Findings that the correction removes."""
    cancels: tuple[str, ...] = ()
    """Event types that the corrected code cancels, because the destination does not accept them unchanged."""


async def check_samples(
    endpoint: Endpoint,
    *,
    sandbox: RunsCode,
    cards: Mapping[str, Card],
    only: Iterable[str] | None = None,
    seconds: float = CHECK_SECONDS,
) -> SampleChecks | None:
    """Run the endpoint's code on the samples and judge each request; ``None`` without code or contract."""
    card = cards.get(endpoint.card)
    if card is None or card.contract is None or not card.contract.calls or not runs_code(endpoint):
        return None
    masker, until = masker_of(endpoint, card), time.monotonic() + seconds
    wanted = [name for name in EVENT_TYPES if endpoint.event_types is None or name in endpoint.event_types]
    if only is not None:
        wanted = [name for name in wanted if name in set(only)]
    errors: list[SampleFinding] = []
    warnings: list[SampleFinding] = []
    unhandled: list[str] = []
    handled: list[str] = []
    failed: list[str] = []
    for count, event_type in enumerate(wanted):
        if time.monotonic() > until:
            return SampleChecks(
                tuple(errors), tuple(warnings), tuple(unhandled), tuple(handled), tuple(failed), len(wanted) - count
            )
        event = unsent_event(event_type, sample_json(event_type).encode())
        made = await prepare(endpoint, event, sandbox=sandbox, cards=cards)
        if isinstance(made, TransformFailed):
            failed.append(event_type)
            continue
        if not isinstance(made, ReadyToSend):
            handled.append(event_type)
            continue
        found = judged(made.request, endpoint, card, event, mask=masker.text)
        if found.errors and _says_not_handled(found.errors):
            unhandled.append(event_type)
            continue
        handled.append(event_type)
        errors += [SampleFinding(event_type, one) for one in found.errors]
        warnings += [SampleFinding(event_type, one) for one in found.warnings]
    return SampleChecks(tuple(errors), tuple(warnings), tuple(unhandled), tuple(handled), tuple(failed))


def judged(
    request: FinishedRequest, endpoint: Endpoint, card: Card, event: Event, *, mask: Callable[[str], str]
) -> Verdict:
    """What the contract says about a request that is not sent, at the time that the event came.

    Headers that lack only since credentials are not entered yet are no findings: the form asks for them anyway.
    """
    assert card.contract
    verdict = card.contract.judge(
        request, received=event.body, transformed=runs_code(endpoint), now=event.timestamp * 1000, mask=mask
    )
    if all(endpoint.credentials.get(field.name) for field in card.fields if not field.optional):
        return verdict
    lacking = {f"header:{name.lower()}" for name in (*card.auth, *card.headers, "authorization")}
    sent = {f"header:{name.lower()}" for name in request.headers}
    return Verdict.of([one for one in verdict.findings if one.path not in lacking - sent])


async def correct(endpoint: Endpoint, part: Part, *, sandbox: RunsCode, cards: Mapping[str, Card]) -> Correction | None:
    """The endpoint's code with as much of this part corrected as can be; ``None`` when nothing can."""
    if endpoint.version is None or endpoint.version.code.count("\n") > MAX_LINES:
        return None
    until = time.monotonic() + FIX_SECONDS
    try:
        before = await check_samples(endpoint, sandbox=sandbox, cards=cards)
        if before is None or before.unchecked:
            return None
        if part is Part.UNHANDLED:
            return await _cancelling(endpoint, before, sandbox=sandbox, cards=cards)
        best, checks = endpoint, before
        for _ in range(MAX_STEPS):
            better = await _better(best, checks, until, sandbox=sandbox, cards=cards)
            if better is None:
                break
            best, checks = better
    except Unavailable:
        return None
    assert best.version
    if best.version.code == endpoint.version.code:
        return None
    fixed = len(before.errors) + len(before.warnings) - len(checks.errors) - len(checks.warnings)
    return Correction(best.version.code, line_diff(endpoint.version.code, best.version.code), checks, fixed)


async def _better(
    endpoint: Endpoint, checks: SampleChecks, until: float, *, sandbox: RunsCode, cards: Mapping[str, Card]
) -> tuple[Endpoint, SampleChecks] | None:
    """The endpoint with the first correction that helps, and what the contract then says."""
    assert endpoint.version
    for each in (*checks.errors, *checks.warnings):
        fix = each.finding.fix
        if fix is None:
            continue
        wrong = await _wrong_value(endpoint, each, fix, sandbox=sandbox, cards=cards)
        for code in corrections(endpoint.version.code, wrong):
            if time.monotonic() > until:
                return None
            if len(code.encode()) > MAX_CODE_BYTES:
                continue
            tried = _with_code(endpoint, code)
            found = await check_samples(tried, sandbox=sandbox, cards=cards)
            if found and not found.unchecked and found.badness < checks.badness and _keeps(checks, found):
                return tried, found
    return None


def _keeps(before: SampleChecks, after: SampleChecks) -> bool:
    """Whether the new code handles every event type that the present code handles."""
    return set(before.handled) <= set(after.handled)


async def _cancelling(
    endpoint: Endpoint, checks: SampleChecks, *, sandbox: RunsCode, cards: Mapping[str, Card]
) -> Correction | None:
    """The code with a first statement that cancels what it does not handle, if that can be written."""
    assert endpoint.version
    code = cancelling_all_but(endpoint.version.code, [*checks.handled, *checks.failed]) if checks.handled else None
    if code is None or not checks.unhandled or len(code.encode()) > MAX_CODE_BYTES:
        return None
    found = await check_samples(_with_code(endpoint, code), sandbox=sandbox, cards=cards)
    if found is None or found.unchecked or found.unhandled or found.badness > checks.badness:
        return None
    return Correction(code, line_diff(endpoint.version.code, code), found, 0, checks.unhandled)


async def _wrong_value(
    endpoint: Endpoint, found: SampleFinding, fix: Fix, *, sandbox: RunsCode, cards: Mapping[str, Card]
) -> WrongValue:
    """The finding with the value that the code gave, which shows where in the code it comes from."""
    event = unsent_event(found.event_type, sample_json(found.event_type).encode())
    made = await prepare(endpoint, event, sandbox=sandbox, cards=cards)
    value = _at(made.request.body, found.finding.steps) if isinstance(made, ReadyToSend) else None
    return WrongValue(found.finding.steps, value, fix)


def _at(body: bytes, steps: Sequence[str | int]) -> Any:
    try:
        value: Any = json.loads(body)
        for step in steps:
            value = value[step]
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None
    return value


def _with_code(endpoint: Endpoint, code: str) -> Endpoint:
    assert endpoint.version
    return replace(endpoint, version=replace(endpoint.version, code=code))


def _says_not_handled(errors: Sequence[Finding]) -> bool:
    return getattr(errors[0].cause, "key", "") == "contract_not_handled"
