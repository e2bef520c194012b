"""``GET /activity``: how many attempts were made, how they ended and how long they took, over time."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from server.domain.activity import DAY_MS, Counts, Size, total
from server.domain.catalog import EVENT_TYPES, EventType
from server.domain.ids import EndpointId, Millis, SourceId
from server.domain.sentences import Sentence, say
from server.store import Transaction, activity, endpoints
from server.web import zones
from server.web.charts import BarChart, LineChart, Period, latency_lines, stacked_bars
from server.web.endpoint_form import TREE
from server.web.i18n import gettext
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here

router = source_pages()

MAX_ENDPOINTS = 1000
"""Endpoints of a source that are counted one by one, deleted ones among them."""
ROWS = 10
"""Rows of each list at first."""
MAX_FILTER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Range:
    """A time that the page can show."""

    text: Sentence
    length: Millis
    size: Size
    """Of its bars."""


RANGES: Mapping[str, Range] = {
    "24h": Range(say("24 hours"), DAY_MS, Size.HOUR),
    "7d": Range(say("7 days"), 7 * DAY_MS, Size.HOUR),
    "30d": Range(say("30 days"), 30 * DAY_MS, Size.DAY),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for. Unknown values are ignored."""

    range: str
    bars: str
    """``5m`` for bars of five minutes, which only 24 hours have; empty for those of the range."""
    endpoint: str
    type: str
    all: str
    """``endpoint`` or ``type``: the list that shows all its rows."""
    page: str

    @staticmethod
    def of(request: Request, page: str) -> "Filters":
        asked = {name: value.strip()[:MAX_FILTER_CHARACTERS] for name, value in request.query_params.items()}
        chosen = asked["range"] if asked.get("range") in RANGES else "24h"
        fine = "5m" if chosen == "24h" and asked.get("bars") == "5m" else ""
        every = asked.get("all", "")
        return Filters(
            range=chosen,
            bars=fine,
            endpoint=asked.get("endpoint", ""),
            type=asked.get("type", ""),
            all=every if every in ("endpoint", "type") else "",
            page=page,
        )

    def time(self, now: Millis) -> "Time":
        """The shown time, which ends with the hour or the day that ``now`` is in.

        Days are the reader's, added up from hours, where both begin together; for one event type at one endpoint hours
        are not kept for so long. Otherwise days are those of UTC.
        """
        chosen = RANGES[self.range]
        if chosen.size is Size.DAY and not (self.endpoint and self.type):
            bounds = _local_days(now, chosen.length // DAY_MS)
            for counted in (Size.DAY, Size.HOUR):  # of a reader in UTC, days are counted as days
                if all(bound % counted.ms == 0 for bound in bounds):
                    return Time(bounds, Size.DAY, counted)
        until = chosen.size.start_of(now) + chosen.size.ms
        size = Size.FIVE_MINUTES if self.bars else chosen.size
        return Time([*range(until - chosen.length, until + 1, size.ms)], size, size)

    def address(self, **changes: str) -> str:
        names = ("range", "bars", "endpoint", "type", "all")
        asked = {name: getattr(self, name) for name in names} | changes
        if asked["range"] == "24h":
            asked["range"] = ""
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.page}?{query}" if query else self.page


@dataclass(frozen=True, slots=True)
class Time:
    """The time that the page shows."""

    bounds: Sequence[Millis]
    """When each bar begins, and when the last one ends."""
    size: Size
    """Of the bars."""
    counted: Size
    """Of the periods that they are added up from."""

    @property
    def whole(self) -> tuple[Millis, Millis]:
        return self.bounds[0], self.bounds[-1]

    @property
    def zone(self) -> str:
        """Whose days and hours these are: ``UTC+8``."""
        if self.size is Size.DAY and self.counted is Size.DAY:
            return "UTC"
        return zones.offset_text(zones.local(self.bounds[-1]))


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a list: an endpoint or an event type."""

    key: str
    name: str
    counts: Counts
    share: float
    """Of all attempts."""
    exists: bool = True
    """Whether it has a page of its own."""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """What the page shows."""

    filters: Filters
    ranges: Sequence[tuple[str, Sentence, str]]
    """(key, text, address) of each range."""
    sum: Counts
    bars: BarChart
    latency: LineChart
    by_endpoint: Sequence[Group]
    by_event_type: Sequence[Group]
    rows: int
    """Rows that a list shows at first."""
    log: Callable[..., str]
    """The address of the log of the shown time; ``status``, ``endpoint`` and ``type`` narrow it."""
    choices: Sequence[tuple[str, str]]
    tree: Sequence[tuple[str, Sequence[EventType]]]
    other_type: str
    """The event type of the filter, when the catalog lacks it."""
    zone_name: str
    """Whose days and hours are shown: ``UTC+8``."""
    active: str = "activity"


@router.get("/activity")
async def index(request: Request, here: Here) -> Response:
    filters = Filters.of(request, here.to("/activity"))
    shown = filters.time(here.services.now())
    cards = here.services.cards

    def query(tx: Transaction) -> _Found:
        return _look(tx, here.source.id, filters, shown, lambda ids: endpoints.names(tx, cards, ids))

    found = await here.services.store.read(query)

    def log(**narrowed: str) -> str:
        asked = {"endpoint": filters.endpoint, "type": filters.type} | narrowed
        since, until = shown.whole
        return log_address(here.to("/logs"), since, until, **asked)

    def log_of(start: Millis, end: Millis) -> str:
        return log_address(here.to("/logs"), start, end, endpoint=filters.endpoint, type=filters.type)

    periods, axis = _periods(found.series, shown.size, shown.bounds, log_of), axis_of(shown.size, *shown.whole)
    everything = total(period.counts for period in periods)
    values = ActivityPage(
        filters=filters,
        ranges=[(key, each.text, filters.address(range=key, bars="")) for key, each in RANGES.items()],
        sum=everything,
        bars=stacked_bars(periods, axis),
        latency=latency_lines(periods, axis),
        by_endpoint=_groups(found.by_endpoint, found.names, everything, found.existing),
        by_event_type=_groups(found.by_event_type, {}, everything, EVENT_TYPES),
        rows=ROWS,
        log=log,
        choices=sorted(((key, found.names[key]) for key in found.existing), key=lambda pair: pair[1].casefold()),
        tree=TREE,
        other_type=filters.type if filters.type not in EVENT_TYPES else "",
        zone_name=shown.zone,
    )
    answer = page(request, "activity/activity.html", here, values, block="activity")
    answer.headers["hx-replace-url"] = filters.address()
    return answer


@dataclass(frozen=True, slots=True)
class _Found:
    series: Mapping[Millis, Counts]
    by_endpoint: Mapping[EndpointId, Counts]
    by_event_type: Mapping[str, Counts]
    names: Mapping[EndpointId, str]
    existing: Sequence[EndpointId]
    """The endpoints that were not deleted."""


def _look(
    tx: Transaction,
    source_id: SourceId,
    filters: Filters,
    shown_time: Time,
    names_of: Callable[[Iterable[EndpointId]], dict[EndpointId, str]],
) -> _Found:
    of_all = endpoints.ids_of_source(tx, source_id, MAX_ENDPOINTS)
    existing = [endpoint_id for endpoint_id, exists in of_all.items() if exists]
    chosen = EndpointId(filters.endpoint)
    shown = [chosen] if chosen in of_all else list(of_all)
    in_rows = max(shown_time.counted, Size.HOUR)
    since, until = shown_time.whole
    by_endpoint = activity.by_endpoint(tx, source_id, shown, in_rows, since, until, event_type=filters.type)
    by_event_type = activity.by_event_type(tx, source_id, in_rows, since, until, endpoint_id=filters.endpoint)
    if filters.type:
        by_event_type = {name: counts for name, counts in by_event_type.items() if name == filters.type}
    return _Found(
        series=activity.series(
            tx, source_id, shown_time.counted, since, until, endpoint_id=filters.endpoint, event_type=filters.type
        ),
        by_endpoint=by_endpoint,
        by_event_type=by_event_type,
        names=names_of({*by_endpoint, *existing}),
        existing=existing,
    )


def periods_of(
    series: Mapping[Millis, Counts],
    size: Size,
    since: Millis,
    until: Millis,
    log_of: Callable[[Millis, Millis], str] | None = None,
) -> list[Period]:
    """Every period of a time, also those in which nothing happened."""
    return _periods(series, size, [*range(since, until + 1, size.ms)], log_of)


def _periods(
    series: Mapping[Millis, Counts],
    size: Size,
    bounds: Sequence[Millis],
    log_of: Callable[[Millis, Millis], str] | None,
) -> list[Period]:
    """The periods between these moments; ``series`` may have shorter ones, which are added up."""
    sums = [Counts() for _ in bounds[1:]]
    for start, counts in series.items():
        number = bisect_right(bounds, start) - 1
        if 0 <= number < len(sums):
            sums[number].add(counts)
    return [
        Period(start, end, _named(start, size), counts, log_of(start, end) if log_of else "")
        for start, end, counts in zip(bounds, bounds[1:], sums, strict=False)
    ]


def axis_of(size: Size, since: Millis, until: Millis) -> list[str]:
    """The texts below a chart: its beginning, its quarters and its end."""
    form = "%H:%M" if until - since <= DAY_MS else gettext("%d %b")
    quarter = (until - since) // 4
    return [_local(since + quarter * number, size).strftime(form) for number in range(5)]


def log_address(page: str, since: Millis, until: Millis, **narrowed: str) -> str:
    """The address of the log's attempts that started in a time."""
    times = {"from": _iso(since), "to": _iso(until)}
    asked = {"view": "attempts"} | {name: value for name, value in narrowed.items() if value} | times
    return f"{page}?{urlencode(asked)}"


def _groups(
    found: Mapping[EndpointId, Counts] | Mapping[str, Counts],
    names: Mapping[EndpointId, str],
    everything: Counts,
    existing: Iterable[str],
) -> list[Group]:
    """The rows of a list, those with the most attempts first."""
    known = set(existing)
    counted = [(str(key), counts) for key, counts in found.items() if counts.attempts or counts.received]
    counted.sort(key=lambda pair: (-pair[1].attempts, pair[0]))
    return [
        Group(key, names.get(EndpointId(key), key), counts, counts.attempts / max(1, everything.attempts), key in known)
        for key, counts in counted
    ]


def _iso(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _local_days(now: Millis, days: int) -> list[Millis]:
    """When each of the last days began for the reader, and when today ends."""
    zone, today = zones.current.get(), zones.local(now).date()
    midnights = [datetime.combine(today - timedelta(days=back), time(), zone) for back in range(days - 1, -2, -1)]
    return [round(midnight.timestamp() * 1000) for midnight in midnights]


def _named(at: Millis, size: Size) -> str:
    return _local(at, size).strftime(gettext("%d %b") if size is Size.DAY else gettext("%d %b, %H:%M"))


def _local(at: Millis, size: Size) -> datetime:
    """The moment for the reader; days of UTC have their dates there."""
    if size is Size.DAY and at % DAY_MS == 0:
        return datetime.fromtimestamp(at / 1000, UTC)
    return zones.local(at)
