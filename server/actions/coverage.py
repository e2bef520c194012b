"""What an endpoint's code covers: runs it with counters on samples, test cases and stored events. Nothing is sent."""

import asyncio
import json
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from weakref import WeakValueDictionary

from server.actions.case_runs import run_cases
from server.delivery.counting import CountingSandbox, RunsInBackground, uncounted
from server.delivery.prepare import Event, Preparation, ReadyToSend, RunsCode, prepare, unsent_event
from server.domain.branch_counters import NotCountable, instrument
from server.domain.cards import Card, MissingCard
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.coverage import Coverage
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, VersionId, mint
from server.domain.messages import Message
from server.domain.payloads import Payload
from server.domain.requests import FinishedRequest
from server.domain.sentences import Sentence
from server.domain.test_cases import TestCase
from server.domain.transformations import Cancelled, Program, Result, Webhook
from server.domain.versions import CodeDraft, Version

MAX_REAL_EVENTS = 200
"""Stored events that the code runs on, the newest."""
RUN_SECONDS = 10.0
"""The longest that all runs take together; what is left is not run."""
KEPT = 16
KEPT_SECONDS = 30.0
"""How long a result is shown again instead of running the code again."""
_AT_ONCE = 16
LARGE_BYTES = 64 * 1024
"""Requests with more bytes are compared in a thread."""


class Effect(StrEnum):
    """What the code makes of an event."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It is sent as it came."""
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EventTypeRow:
    """What the code makes of events of one type."""

    event_type: str
    sample: Effect | None
    """``None`` when the catalog has no sample, or time did not suffice."""
    cases: int
    real: Mapping[Effect, int]
    """Of the newest stored events: how many with each effect."""
    last: Message | None
    """The newest of these events."""
    last_effect: Effect | None

    @property
    def events(self) -> int:
        return sum(self.real.values())

    @property
    def never_changed(self) -> bool:
        """Whether the code ran on such events and left each as it came."""
        effects = {*self.real, *([self.sample] if self.sample else [])}
        return effects == {Effect.UNCHANGED}

    @property
    def never_tried(self) -> bool:
        """Whether there is neither a test case nor a stored event of this type."""
        return not self.cases and not self.events


@dataclass(frozen=True, slots=True)
class CoverageRun:
    """What came of running the code on everything that there is to run it on."""

    coverage: Coverage | None
    """``None`` when branches cannot be counted."""
    why_not: Sentence | None
    rows: tuple[EventTypeRow, ...]
    """The subscribed event types."""
    runs: int
    left: int
    """Events and samples that time did not suffice for."""


def with_draft(endpoint: Endpoint, draft: CodeDraft) -> Endpoint:
    """The endpoint with the code and variables of its draft."""
    variables = endpoint.variables if draft.variables is None else draft.variables
    return with_code(replace(endpoint, variables=variables), draft.code)


def with_code(endpoint: Endpoint, code: str) -> Endpoint:
    """The endpoint with other code, which its transformation runs."""
    return replace(endpoint, version=Version(mint(VersionId), endpoint.id, 0, code, 0), transforming=True)


async def measure(
    endpoint: Endpoint,
    cases: Sequence[TestCase],
    events: Sequence[Message],
    *,
    sandbox: RunsInBackground,
    cards: Mapping[str, Card],
    seconds: float = RUN_SECONDS,
) -> CoverageRun:
    """Run the endpoint's code on the samples of its event types, on the cases, and on stored events.

    The endpoint must have code. Raises ``Unavailable`` when the sandbox cannot run.
    """
    assert endpoint.version
    code, why_not = endpoint.version.code, None
    counting: CountingSandbox | None = None
    try:
        counting = CountingSandbox(sandbox, await asyncio.to_thread(instrument, code))
    except NotCountable as cannot:
        why_not = cannot.sentence
    runs = counting or _Background(sandbox)
    names = [name for name in EVENT_TYPES if endpoint.event_types is None or name in endpoint.event_types]
    wanted = await asyncio.to_thread(_wanted, endpoint, events)
    jobs = [unsent_event(name, sample_json(name).encode()) for name in names]
    jobs += [Event(each.event_type, each.body, each.webhook_id, each.received_at // 1000) for each in wanted]
    until = time.monotonic() + seconds
    effects = await _effects(endpoint, jobs, until, sandbox=runs, cards=cards)
    await run_cases(
        cases,
        endpoint.card,
        code,
        owner=endpoint.id,
        sandbox=counting or sandbox,
        cards=cards,
        seconds=max(1.0, until - time.monotonic()),
    )
    samples = dict(zip(names, effects, strict=False))
    return CoverageRun(
        coverage=counting.coverage if counting else None,
        why_not=why_not,
        rows=tuple(_rows(names, samples, cases, wanted, effects[len(names) :])),
        runs=sum(effect is not None for effect in effects) + len(cases),
        left=effects.count(None),
    )


def _wanted(endpoint: Endpoint, events: Sequence[Message]) -> list[Message]:
    """The events that the endpoint gets."""
    return [event for event in events if endpoint.objection(event.event_type, Payload(event.body)) is None]


def _rows(
    names: Sequence[str],
    samples: Mapping[str, Effect | None],
    cases: Sequence[TestCase],
    events: Sequence[Message],
    effects: Sequence[Effect | None],
) -> list[EventTypeRow]:
    """``events`` come newest first."""
    with_case = Counter(case.event_type for case in cases)
    real: dict[str, Counter[Effect]] = {}
    last: dict[str, tuple[Message, Effect]] = {}
    for event, effect in zip(events, effects, strict=True):
        if effect:
            real.setdefault(event.event_type, Counter())[effect] += 1
            last.setdefault(event.event_type, (replace(event, body=b""), effect))  # results are kept in memory
    others = sorted({*real, *with_case} - set(names))
    return [
        EventTypeRow(
            event_type=name,
            sample=samples.get(name),
            cases=with_case[name],
            real=real.get(name, {}),
            last=last[name][0] if name in last else None,
            last_effect=last[name][1] if name in last else None,
        )
        for name in [*names, *others]
    ]


async def _effects(
    endpoint: Endpoint, jobs: Sequence[Event], until: float, *, sandbox: RunsCode, cards: Mapping[str, Card]
) -> list[Effect | None]:
    """What the code makes of each event; ``None`` for those that time does not suffice for."""
    found: list[Effect | None] = []
    for start in range(0, len(jobs), _AT_ONCE):
        some = jobs[start : start + _AT_ONCE]
        if time.monotonic() > until:
            found += [None] * len(some)
            continue
        found += await asyncio.gather(*(_effect(endpoint, event, sandbox=sandbox, cards=cards) for event in some))
    return found


async def _effect(endpoint: Endpoint, event: Event, *, sandbox: RunsCode, cards: Mapping[str, Card]) -> Effect:
    try:
        made = await prepare(endpoint, event, sandbox=sandbox, cards=cards)
    except MissingCard:
        return Effect.FAILED
    if isinstance(made, Cancelled):
        return Effect.CANCELLED
    if not isinstance(made, ReadyToSend):
        return Effect.FAILED
    plain: Preparation = await prepare(replace(endpoint, transforming=False), event, sandbox=sandbox, cards=cards)
    assert isinstance(plain, ReadyToSend)
    is_large = len(made.request.body) + len(plain.request.body) > LARGE_BYTES
    same = (
        await asyncio.to_thread(_same, made.request, plain.request) if is_large else _same(made.request, plain.request)
    )
    return Effect.UNCHANGED if same else Effect.CHANGED


def _same(one: FinishedRequest, other: FinishedRequest) -> bool:
    return (one.method, one.url, one.headers) == (other.method, other.url, other.headers) and (
        one.body == other.body or _value(one.body) == _value(other.body)
    )


def _value(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


@dataclass(frozen=True, slots=True)
class _Background:
    sandbox: RunsInBackground

    async def run(self, program: Program, webhook: Webhook) -> Result:
        return await self.sandbox.run(uncounted(program), webhook, background=True)


Key = tuple[EndpointId, str, str]
"""Endpoint, code, and a text that changes with everything else that the result depends on."""


@dataclass
class CoverageRuns:
    """Runs one measurement of an endpoint at a time and keeps results for ``KEPT_SECONDS``, since pages ask again."""

    _locks: WeakValueDictionary[EndpointId, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _kept: OrderedDict[Key, tuple[float, CoverageRun]] = field(default_factory=OrderedDict)

    async def get(self, key: Key, run: Callable[[], Awaitable[CoverageRun]]) -> CoverageRun:
        lock = self._locks.setdefault(key[0], asyncio.Lock())
        async with lock:
            made_at, found = self._kept.get(key, (0.0, None))
            if found and time.monotonic() - made_at < KEPT_SECONDS:
                return found
            found = await run()
            self._kept[key] = (time.monotonic(), found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found
