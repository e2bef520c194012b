"""What the pages of backtests and shadows share: the report, and one event side by side."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from server.actions.backtests import SideBySide, side_by_side
from server.delivery.prepare import Preparation, ReadyToSend, as_shown
from server.domain.backtests import Backtest
from server.domain.cards import MissingCard
from server.domain.comparison_reports import OTHER_TYPES, Group, Report, TypeTally
from server.domain.comparisons import BODY, HEADER, METHOD, MORE_PATHS, ORDER, URL, Difference
from server.domain.endpoints import Endpoint, UnreadableEndpoint
from server.domain.faults import unreadable_endpoint
from server.domain.ids import MessageId
from server.domain.masking import masker_of
from server.domain.messages import AttemptError, ConsoleLine, Message
from server.domain.reasons import as_sentence
from server.domain.sentences import Sentence, say
from server.domain.shadows import Shadow
from server.domain.transformations import TransformFailed
from server.sandbox import Unavailable
from server.store import messages
from server.store.compression import UnreadableValue
from server.web.errors import NotFound
from server.web.history import CodeDiff
from server.web.pretty import pretty
from server.web.visit import Visit

ORDER_SHOWN = (
    Difference.THROWS, Difference.BREAKS_CONTRACT, Difference.NEWLY_CANCELLED, Difference.NEWLY_SENT,
    Difference.CHANGED, Difference.NO_LONGER_THROWS, Difference.STILL_THROWS, Difference.NOT_RUN, Difference.SAME,
)  # fmt: skip
"""The worst first."""

ALWAYS = (Difference.THROWS, Difference.CHANGED, Difference.SAME)
"""The columns of the table even when all their counts are zero."""

MAX_LINES = 4_000
"""Lines of a request that are compared on a page."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of equal differences."""

    group: Group
    paths: Sequence[Sentence | str]
    """What changed; a text is the path of a field."""
    more_types: bool


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as ``comparisons/report.html`` shows it."""

    report: Report
    columns: Sequence[Difference]
    rows: Sequence[tuple[str, TypeTally]]
    """(event type, its counts), the one with the most differences first; the type is empty for the rest."""
    groups: Sequence[GroupRow]

    @classmethod
    def of(cls, report: Report) -> "ReportView":
        counts = report.counts
        columns = [each for each in ORDER_SHOWN if counts[each] or each in ALWAYS]
        rows = sorted(report.types.items(), key=lambda row: (row[1].counts[Difference.SAME] - row[1].total, row[0]))
        groups = sorted(report.groups, key=lambda group: (ORDER_SHOWN.index(group.difference), -group.count))
        return cls(report, columns, rows, [_row(group) for group in groups])


def _row(group: Group) -> GroupRow:
    return GroupRow(group, [_path(path) for path in group.paths], OTHER_TYPES in group.types)


def _path(path: str) -> Sentence | str:
    if path.startswith(HEADER):
        return say("header {name}", name=path.removeprefix(HEADER))
    words = {
        METHOD: say("method"),
        URL: say("URL"),
        BODY: say("body"),
        ORDER: say("order or spacing of the JSON"),
        MORE_PATHS: say("more"),
    }
    return words.get(path, path)


@dataclass(frozen=True, slots=True)
class Side:
    """What one code made of an event."""

    outcome: str
    """``sent``, ``cancelled`` or ``failed``."""
    text: str
    """The finished request as text, with secrets masked; empty without one."""
    error: AttemptError | None
    console: Sequence[ConsoleLine]
    code_at: str
    """Where the line of the error is, below the endpoint's address; empty without one."""


@dataclass(frozen=True, slots=True)
class EventView:
    """One event with what both codes made of it."""

    message: Message
    difference: Difference
    paths: Sequence[Sentence | str]
    error: AttemptError | None
    """Why the other code fails, or what the contract finds."""
    old: Side
    new: Side
    diff: CodeDiff | None
    """The differences of the two requests; ``None`` unless there are two."""


async def event_view(here: Visit, endpoint: Endpoint, run: Backtest | Shadow, message_id: MessageId) -> EventView:
    """Run both codes on a stored event again. Raises ``NotFound`` when something is not there any more."""
    try:
        message = await here.services.store.read(lambda tx: messages.get(tx, message_id))
    except UnreadableValue as error:
        raise NotFound(say("The payload of this message is damaged in the database, and cannot be shown.")) from error
    if message is None or message.source_id != endpoint.source_id:
        raise NotFound(say("This message does not exist. It may have been deleted."))
    try:
        found = await side_by_side(here.services, run, message)
    except UnreadableEndpoint as unreadable:
        raise NotFound(as_sentence(unreadable_endpoint(unreadable).reason)) from unreadable
    except MissingCard:
        raise NotFound(say("The integration card of this endpoint does not exist any more.")) from None
    except Unavailable as unavailable:
        raise NotFound(say("The sandbox cannot run code at the moment. Try again.")) from unavailable
    if found is None:
        raise NotFound(say("The draft or a version does not exist any more."))
    return await asyncio.to_thread(_view, here, message, found)


def _view(here: Visit, message: Message, found: SideBySide) -> EventView:
    old = _side(here, found.sides.before, found.before)
    new = _side(here, found.sides.after, found.after)
    diff = CodeDiff.of(old.text, new.text) if old.text and new.text else None
    compared = found.compared
    paths = [_path(path) for path in compared.paths]
    return EventView(message, compared.difference, paths, compared.error, old, new, diff)


def _side(here: Visit, endpoint: Endpoint, prepared: Preparation) -> Side:
    card = here.services.cards.get(endpoint.card)
    masker = masker_of(endpoint, card)
    console = masker.console(prepared.console)
    if isinstance(prepared, ReadyToSend):
        shown = masker.request(as_shown(prepared.request, card))
        head = "".join(f"{name}: {value}\n" for name, value in shown.headers)
        text = f"{shown.method} {shown.url}\n{head}\n{pretty(shown.body)}"
        return Side("sent", "\n".join(text.split("\n")[:MAX_LINES]), None, console, "")
    if isinstance(prepared, TransformFailed):
        return Side("failed", "", masker.error(prepared.error), console, _code_at(endpoint, prepared.error))
    return Side("cancelled", "", None, console, "")


def _code_at(endpoint: Endpoint, error: AttemptError) -> str:
    if error.line is None or endpoint.version is None:
        return ""
    is_draft = endpoint.version.number == 0
    place = f"line={error.line}&column={error.column or 1}#editor-code"
    return f"/transformation?{place}" if is_draft else f"/versions/{endpoint.version.id}#L{error.line}"
