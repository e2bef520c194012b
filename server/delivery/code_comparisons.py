"""Runs code on many events in the background, and compares what two codes of one endpoint make of them."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from server.delivery.prepare import (
    Event,
    Preparation,
    ReadyToSend,
    as_received,
    code_input,
    runs_code,
    with_result,
)
from server.domain.backtests import Backtest
from server.domain.cards import Card
from server.domain.comparisons import Compared, Difference, Made, compare
from server.domain.endpoints import Endpoint
from server.domain.ids import VersionId
from server.domain.masking import masker_of
from server.domain.messages import Message
from server.domain.requests import FinishedRequest
from server.domain.shadows import Shadow
from server.domain.transformations import Program, Result, Webhook
from server.domain.verdicts import Finding
from server.domain.versions import CodeDraft, Version
from server.store import Transaction, drafts, endpoints, versions

_READS_CLOCK = re.compile(
    r"\b(?:Date|Intl|random|crypto|performance|eval|Function|constructor|globalThis|this)\b|ocale|\\u"
)
"""Code without these words reads neither the time nor random values, nor can it reach what it does not name."""


class RunsManyEvents(Protocol):
    """The part of the sandbox that is used here."""

    async def run_all(
        self, program: Program, webhooks: Sequence[Webhook], *, background: bool = False
    ) -> list[Result]: ...


@dataclass(frozen=True, slots=True)
class Sides:
    """One endpoint with the two codes that are compared: ``before`` with the active one, ``after`` with the other."""

    before: Endpoint
    after: Endpoint
    reads_clock: bool
    """Whether the result of a run may depend on the time or on chance."""

    @classmethod
    def of(cls, before: Endpoint, after: Endpoint) -> "Sides":
        codes = [each.version.code for each in (before, after) if each.version and runs_code(each)]
        return cls(before, after, any(_READS_CLOCK.search(code) for code in codes))

    def event_of(self, message: Message) -> Event:
        """The event with the time of its arrival as the clock, so that both codes read the same one."""
        clock = message.received_at if self.reads_clock else None
        return Event(message.event_type, message.body, message.webhook_id, message.received_at // 1000, clock)


def sides_of(tx: Transaction, run: Backtest | Shadow) -> Sides | None:
    """What a backtest or a shadow compares; ``None`` if the endpoint, the draft or a version is not there any more."""
    endpoint = endpoints.get_whole(tx, run.endpoint_id)
    if endpoint is None:
        return None
    before = replace(endpoint, transforming=False)
    if run.former_version_id:
        former = versions.of_endpoint(tx, endpoint.id, run.former_version_id)
        if former is None:
            return None
        before = replace(endpoint, version=former, transforming=True)
    if run.draft_id:
        draft = drafts.get(tx, run.draft_id)
        if draft is None or draft.endpoint_id != endpoint.id or draft.unreadable:
            return None
        return Sides.of(before, with_draft(endpoint, draft))
    version = versions.of_endpoint(tx, endpoint.id, run.version_id) if run.version_id else None
    return Sides.of(before, replace(endpoint, version=version, transforming=True)) if version else None


def with_draft(endpoint: Endpoint, draft: CodeDraft) -> Endpoint:
    """The endpoint as it would serve if the draft were activated."""
    version = endpoint.version
    if draft.code.strip():
        version = Version(VersionId(draft.id), endpoint.id, 0, draft.code, draft.created_at)
    variables = endpoint.variables if draft.variables is None else draft.variables
    return replace(endpoint, version=version, variables=variables, transforming=draft.transforming)


async def prepare_all(
    endpoint: Endpoint,
    events: Sequence[Event],
    *,
    owner: str,
    sandbox: RunsManyEvents,
    cards: Mapping[str, Card],
) -> list[Preparation]:
    """What the endpoint makes of each event, run in the background. ``owner`` is a name that no live run has.

    Raises ``MissingCard``.
    """
    given = [code_input(endpoint, event, cards) for event in events]
    if not runs_code(endpoint):
        return [as_received(endpoint, event, each) for event, each in zip(events, given, strict=True)]
    assert endpoint.version
    program = Program(owner, endpoint.version.code)
    results = await sandbox.run_all(program, [each.webhook for each in given], background=True)
    return [with_result(endpoint, each, result, warn=False) for each, result in zip(given, results, strict=True)]


async def prepare_both(
    sides: Sides, messages: Sequence[Message], *, owner: str, sandbox: RunsManyEvents, cards: Mapping[str, Card]
) -> tuple[list[Preparation], list[Preparation]]:
    """What both sides make of each event. ``owner``: the beginning of names that no live run has."""
    events = [sides.event_of(message) for message in messages]
    before, after = await asyncio.gather(
        prepare_all(sides.before, events, owner=f"{owner}:old", sandbox=sandbox, cards=cards),
        prepare_all(sides.after, events, owner=f"{owner}:new", sandbox=sandbox, cards=cards),
    )
    return before, after


class Comparer:
    """Compares what two codes of one endpoint make of an event."""

    def __init__(self, sides: Sides, card: Card | None) -> None:
        self._sides = sides
        self._contract = card.contract if card else None
        self._maskers = [masker_of(sides.before, card)]
        if sides.after.variables != sides.before.variables:
            self._maskers.append(masker_of(sides.after, card))

    def compare(self, received: bytes, before: Preparation, after: Preparation) -> Compared:
        """The comparison, with secrets masked in its error and paths."""

        def judge(request: FinishedRequest) -> Sequence[Finding]:
            if self._contract is None:
                return ()
            transformed = runs_code(self._sides.after)
            return self._contract.judge(request, received=received, transformed=transformed, mask=self._masked).errors

        compared = compare(_made(before), _made(after), judge)
        if compared.difference is Difference.SAME:
            return compared
        error = compared.error
        for masker in self._maskers:
            error = masker.error(error)
        return replace(compared, error=error, paths=tuple([self._masked(path) for path in compared.paths]))

    def _masked(self, text: str) -> str:
        for masker in self._maskers:
            text = masker.text(text)
        return text


def _made(prepared: Preparation) -> Made:
    return prepared.request if isinstance(prepared, ReadyToSend) else prepared
