"""The filters of the log, as they stand in its address: to be shared, and kept by Back, Forward and reload."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from server.domain.ids import Millis, SourceId
from server.domain.messages import CAPTURED, FAULT, RETRYING, AttemptOutcome, DeliveryState
from server.domain.schedules import DAY, HOUR
from server.domain.sentences import Sentence, say
from server.domain.verdicts import Grade
from server.store.log_search import LogSearch

MAX_SEARCH_CHARACTERS = 200
"""Characters; the rest of a filter is ignored. No id and no event type is longer."""
MAX_MILLIS: Millis = 253_370_764_799_000
"""The end of the year 9998. Calendars here end with 9999, which begins and ends at another time in each zone."""
MAX_SLOWER_MS = 600_000
MAX_SHOWN = 40
"""Characters of a refused value that its sentence shows."""

STATES: Mapping[str, Sentence] = {
    DeliveryState.PENDING: say("Pending"),
    RETRYING: say("Retrying"),
    DeliveryState.SUCCEEDED: say("Succeeded"),
    CAPTURED: say("Captured"),
    DeliveryState.FAILED: say("Failed"),
    DeliveryState.CANCELLED: say("Cancelled"),
    DeliveryState.TRANSFORM_FAILED: say("Transformation failed"),
    FAULT: say("Hookbench fault"),
    DeliveryState.STOPPED: say("Stopped"),
}
ANY_FAILURE, ANY_PARKED = "failed", "parked"
OUTCOMES: Mapping[str, Sentence] = {
    AttemptOutcome.SUCCEEDED: say("Succeeded"),
    AttemptOutcome.CAPTURED: say("Captured"),
    ANY_FAILURE: say("Failed, for any reason"),
    AttemptOutcome.REJECTED: say("Rejected"),
    AttemptOutcome.UNREACHABLE: say("Unreachable"),
    AttemptOutcome.BLOCKED: say("Blocked"),
    AttemptOutcome.CANCELLED: say("Cancelled"),
    AttemptOutcome.TRANSFORM_FAILED: say("Transformation failed"),
    AttemptOutcome.FAULT: say("Hookbench fault"),
    ANY_PARKED: say("Parked, for any reason"),
}
FAILURES = (AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE, AttemptOutcome.BLOCKED)
"""The outcomes of ``ANY_FAILURE``: what kept a request from being accepted."""
PARKED = (AttemptOutcome.TRANSFORM_FAILED, AttemptOutcome.FAULT)
"""The outcomes of ``ANY_PARKED``: what kept a request from being made."""

CONTRACT: Mapping[str, tuple[Sentence, tuple[Grade, ...]]] = {
    "errors": (say("Errors"), (Grade.ERRORS,)),
    "warnings": (say("Warnings"), (Grade.WARNINGS,)),
    "none": (say("No problems"), (Grade.FITS,)),
}
"""The filter by what the contract says about an attempt's request: its words and its verdicts."""

TIMES: Mapping[str, tuple[Sentence, Millis]] = {
    "1h": (say("Last hour"), HOUR),
    "24h": (say("Last 24 hours"), DAY),
    "7d": (say("Last 7 days"), 7 * DAY),
    "30d": (say("Last 30 days"), 30 * DAY),
}
CUSTOM = "custom"

NAMES = (
    "view", "q", "status", "endpoint", "time", "from", "to", "type", "version", "response", "contract", "slower",
    "currency", "cancelled", "before", "paused",
)  # fmt: skip
"""The filters in the address, in their order there."""
PLACE = frozenset({"view", "before", "paused"})
"""What is no filter: which rows are listed, and how."""

TYPED: Mapping[str, Callable[[str], Sentence]] = {
    "from": lambda typed: say("From: “{typed}” is not a date and time.", typed=typed),
    "to": lambda typed: say("Until: “{typed}” is not a date and time.", typed=typed),
    "response": lambda typed: say("Response: “{typed}” is not a status. Enter, for example, 404 or 4xx.", typed=typed),
    "slower": lambda typed: say(
        "Slower than: “{typed}” is not a number of milliseconds from 0 to {limit}.",
        typed=typed,
        limit=f"{MAX_SLOWER_MS:,}",
    ),
    "currency": lambda typed: say("Currency: “{typed}” is not a currency. Enter, for example, EUR.", typed=typed),
}
"""The filters that people type, with what a page says about a value that is none."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters in the address. Unknown values are ignored."""

    view: str = ""
    """``attempts``, or empty for messages."""
    q: str = ""
    status: str = ""
    type: str = ""
    """An event type, or the beginning of several: ``payment.*``."""
    endpoint: str = ""
    time: str = ""
    """A key of ``TIMES``; empty with ``start`` or ``end``."""
    start: Millis | None = None
    end: Millis | None = None
    version: str = ""
    response: str = ""
    """A status or a class of them: ``404``, ``4xx``."""
    contract: str = ""
    """A key of ``CONTRACT``."""
    slower: str = ""
    """Milliseconds."""
    currency: str = ""
    cancelled: str = ""
    """``hide``, or empty."""
    before: str = ""
    paused: str = ""
    page: str = ""
    """The page's address without its query."""

    @staticmethod
    def of(asked: QueryParams, page: str, zone: tzinfo = UTC) -> "Filters":
        """The filters of an address. Times without a zone, as a form sends them, are those of the reader.

        A value with a character that nobody sees is dropped: no row has it, and PostgreSQL refuses NUL.
        """
        cut = {name: value.strip()[:MAX_SEARCH_CHARACTERS] for name, value in asked.items()}
        given = {name: value for name, value in cut.items() if value.isprintable()}
        view = "attempts" if given.get("view") == "attempts" else ""

        def one_of(name: str, known: Mapping[str, object]) -> str:
            return given[name] if given.get(name) in known else ""

        preset = one_of("time", TIMES)
        slower = given.get("slower", "")
        return Filters(
            view=view,
            q=given.get("q", ""),
            status=one_of("status", OUTCOMES if view else STATES),
            type=given.get("type", ""),
            endpoint=given.get("endpoint", ""),
            time=preset,
            start=None if preset else _typed(given, "from", zone),
            end=None if preset else _typed(given, "to", zone),
            version=given.get("version", ""),
            response=_response(given.get("response", "")),
            contract=one_of("contract", CONTRACT),
            slower=str(int(slower)) if re.fullmatch("[0-9]{1,6}", slower) and int(slower) <= MAX_SLOWER_MS else "",
            currency=_currency(given.get("currency", "")),
            cancelled=one_of("cancelled", {"hide": True}),
            before=given.get("before", ""),
            paused=one_of("paused", {"1": True}),
            page=page,
        )

    @property
    def narrow(self) -> bool:
        """Whether any filter is set."""
        return any(value for name, value in self.in_address().items() if name not in PLACE)

    @property
    def hidden(self) -> int:
        """How many filters are set that are behind «More filters»."""
        more = ("from", "to", "type", "version", "response", "contract", "slower", "currency", "cancelled")
        return sum(bool(value) for name, value in self.in_address().items() if name in more)

    @property
    def bare(self) -> "Filters":
        """The same list without any filter."""
        return Filters(view=self.view, paused=self.paused, page=self.page)

    def in_address(self) -> dict[str, str]:
        """The filters by their names in the address; empty texts for those that are not set."""
        times = {"from": in_utc(self.start), "to": in_utc(self.end)}
        return {name: times[name] if name in times else getattr(self, name) for name in NAMES}

    def address(self, **changes: str) -> str:
        """The address of this page, with some filters changed; the names of times are ``from_`` and ``to``."""
        asked = self.in_address() | {name.removesuffix("_"): value for name, value in changes.items()}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.page}?{query}" if query else self.page

    @property
    def carried(self) -> str:
        """The filters as the page of a message carries them in its address, to lead to the rows beside it."""
        kept = self.in_address() | {"before": "", "paused": ""}
        return urlencode({name: value for name, value in kept.items() if value}) if self.narrow else ""

    def at(self, page: str) -> "Filters":
        """The same filters for another page."""
        return replace(self, page=page)

    def search(self, source_id: SourceId, now: Millis) -> LogSearch:
        """What the store is to look for."""
        start = now - TIMES[self.time][1] if self.time else self.start
        low, high = self.response.replace("x", "0"), self.response.replace("x", "9")
        return LogSearch(
            source_id=source_id,
            event_type=self.type,
            endpoint_id=self.endpoint,
            state="" if self.view else self.status,
            outcomes=_outcomes(self.status) if self.view else (),
            grades=CONTRACT[self.contract][1] if self.contract else (),
            version_id=self.version,
            statuses=(int(low), int(high)) if self.response else None,
            slower_than=int(self.slower) if self.slower else None,
            without_cancelled=self.cancelled == "hide",
            currency=self.currency,
            text=self.q,
            start=start,
            end=self.end,
            before=self.before,
        )


def moment(text: str, zone: tzinfo = UTC) -> Millis | None:
    """A time in an address: ISO 8601, or milliseconds since 1970. ``None`` for anything else."""
    if re.fullmatch("[0-9]{12,14}", text):
        return int(text) if int(text) <= MAX_MILLIS else None
    try:
        read = datetime.fromisoformat(text[:40])
        millis = max(0, round((read if read.tzinfo else read.replace(tzinfo=zone)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return None
    return millis if millis <= MAX_MILLIS else None


def in_utc(at: Millis | None) -> str:
    """The time as it stands in an address: 1790000000000 → ``2026-09-21T14:13:20Z``; empty for ``None``."""
    if at is None:
        return ""
    whole = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at % 1000:03}Z" if at % 1000 else f"{whole}Z".replace(":00Z", "Z")


@dataclass(frozen=True, slots=True)
class TimeField:
    """The fields of a form for one time."""

    text: str
    """As a field for local times holds it: ``2026-09-21T16:13``; empty without a time."""
    exact: str
    """The time as it stands in an address, if the text does not say it: it has seconds, or is in the second of two
    hours that a change of clocks makes look the same. It stays in force until the text is changed."""

    @staticmethod
    def of(at: Millis | None, zone: tzinfo) -> "TimeField":
        text = _in_zone(at, zone)
        return TimeField(text, "" if moment(text, zone) == at else in_utc(at))


def _typed(given: Mapping[str, str], name: str, zone: tzinfo) -> Millis | None:
    """The time of a field, or the exact one beside it (``TimeField``) while the field still shows that."""
    text, exact = given.get(name, ""), moment(given.get(f"{name}_exact", ""))
    return exact if exact is not None and _in_zone(exact, zone) == text else moment(text, zone)


def _in_zone(at: Millis | None, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%dT%H:%M") if at is not None else ""


def refused(asked: QueryParams, filters: Filters) -> dict[str, Sentence]:
    """Why values of an address are no filters, by the names of their fields. ``filters``: those of the same address."""
    used = filters.in_address()
    by_preset = {"from", "to"} if filters.time else set()
    typed = {name: asked.get(name, "").strip() for name in TYPED if name not in by_preset}
    wrong = {name: value[:MAX_SHOWN] for name, value in typed.items() if value and not used[name]}
    return {name: TYPED[name]("".join(filter(str.isprintable, value))) for name, value in wrong.items()}


def _outcomes(status: str) -> tuple[AttemptOutcome, ...]:
    if status == ANY_FAILURE:
        return FAILURES
    if status == ANY_PARKED:
        return PARKED
    return (AttemptOutcome(status),) if status else ()


def _response(text: str) -> str:
    lower = text.lower()
    return lower if re.fullmatch("[1-5]xx|[1-9][0-9]{2}", lower) else ""


def _currency(text: str) -> str:
    upper = text.upper()
    return upper if re.fullmatch("[A-Z]{3}", upper) else ""
