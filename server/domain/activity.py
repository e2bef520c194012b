"""Activity: how many attempts ended in which way, and how long they took, by time, endpoint and event type.

Pure rules: which periods and groups an attempt counts in, and how durations are counted so that counts can be added and
percentiles still be read from them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from math import ceil, log

from server.domain.ids import EndpointId, Millis, SourceId
from server.domain.messages import AttemptOutcome

MINUTE_MS: Millis = 60_000
DAY_MS: Millis = 24 * 60 * MINUTE_MS


class Size(IntEnum):
    """The length of a period in minutes. Days are those of UTC."""

    FIVE_MINUTES = 5
    HOUR = 60
    DAY = 1440

    @property
    def ms(self) -> Millis:
        return self.value * MINUTE_MS

    def start_of(self, moment: Millis) -> Millis:
        """When the period began that ``moment`` is in."""
        return moment - moment % self.ms


ENDINGS = ("succeeded", "captured", "cancelled", "transform_failed", "failed")
"""How an attempt ended, as activity counts it, in the order in which charts stack them."""

ENDING_OF = {
    AttemptOutcome.SUCCEEDED: "succeeded",
    AttemptOutcome.CAPTURED: "captured",
    AttemptOutcome.CANCELLED: "cancelled",
    AttemptOutcome.TRANSFORM_FAILED: "transform_failed",
    AttemptOutcome.FAULT: "transform_failed",
    AttemptOutcome.REJECTED: "failed",
    AttemptOutcome.UNREACHABLE: "failed",
    AttemptOutcome.BLOCKED: "failed",
}

TIMED = frozenset({AttemptOutcome.SUCCEEDED, AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE})
"""Latency is measured of attempts that tried to reach a destination."""

RATIO = 1.1
"""Each duration counts in a bucket whose upper bound is this many times its lower bound."""
LATENCY_ERROR = RATIO**0.5 - 1
"""A percentile is the middle of its bucket: it differs from the exact one by less than 5 %."""
_LOG = log(RATIO)
_UNIT_US = 1000
"""Everything up to a millisecond is in bucket 0."""

KEPT_MS = {Size.FIVE_MINUTES: 2 * DAY_MS, Size.HOUR: 40 * DAY_MS, Size.DAY: 400 * DAY_MS}
KEPT_OF_PAIRS_MS = KEPT_MS | {Size.HOUR: 8 * DAY_MS}
"""For one event type at one endpoint: there are many such pairs, and no page shows their hours for longer."""


def bucket_of(duration_us: int) -> int:
    return 0 if duration_us <= _UNIT_US else ceil(log(duration_us / _UNIT_US) / _LOG)


def duration_of(bucket: int) -> float:
    """The duration in milliseconds that stands for those in a bucket."""
    return 1.0 if bucket == 0 else float(RATIO ** (bucket - 0.5))


Durations = dict[int, int]
"""The number of durations in each bucket. Adding two of these, bucket by bucket, is exact."""


def percentile(durations: Durations, share: float) -> float | None:
    """The duration in milliseconds within which this share of attempts ended; ``None`` when there were none."""
    wanted = ceil(sum(durations.values()) * share)
    for bucket in sorted(durations):
        wanted -= durations[bucket]
        if wanted <= 0:
            return duration_of(bucket)
    return None


def dump_durations(durations: Durations) -> str:
    """As it is stored: ``12:3 40:1``."""
    return " ".join([f"{bucket}:{count}" for bucket, count in durations.items()])


def load_durations(text: str) -> Durations:
    numbers = map(int, text.replace(":", " ").split())  # all at once: a chart of 30 days reads 720 of these texts
    return dict(zip(numbers, numbers, strict=True))


@dataclass(slots=True)
class Counts:
    """What happened in a period."""

    received: int = 0
    """Messages that a source received; only counted for all endpoints together."""
    succeeded: int = 0
    captured: int = 0
    cancelled: int = 0
    transform_failed: int = 0
    """The code failed, or Hookbench did."""
    failed: int = 0
    """Rejected, unreachable or blocked."""
    durations: Durations = field(default_factory=dict)

    @property
    def attempts(self) -> int:
        return self.succeeded + self.captured + self.cancelled + self.transform_failed + self.failed

    @property
    def wrong(self) -> int:
        """Attempts that somebody may have to look at."""
        return self.failed + self.transform_failed

    @property
    def error_rate(self) -> float | None:
        """The share of attempts that failed or whose transformation failed; ``None`` without attempts."""
        return self.wrong / self.attempts if self.attempts else None

    @property
    def p50(self) -> float | None:
        return percentile(self.durations, 0.5)

    @property
    def p95(self) -> float | None:
        return percentile(self.durations, 0.95)

    def count(self, outcome: AttemptOutcome, duration_us: int) -> None:
        """Count one attempt."""
        ending = ENDING_OF[outcome]
        setattr(self, ending, getattr(self, ending) + 1)
        if outcome in TIMED:
            bucket = bucket_of(duration_us)
            self.durations[bucket] = self.durations.get(bucket, 0) + 1

    def add(self, other: "Counts") -> None:
        self.received += other.received
        self.succeeded += other.succeeded
        self.captured += other.captured
        self.cancelled += other.cancelled
        self.transform_failed += other.transform_failed
        self.failed += other.failed
        for bucket, count in other.durations.items():
            self.durations[bucket] = self.durations.get(bucket, 0) + count


Tally = tuple[int, int]
"""Attempts, and how many of them went wrong: what a sparkline shows of a period."""


def total(every: Iterable[Counts]) -> Counts:
    found = Counts()
    for each in every:
        found.add(each)
    return found


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What counts are of: a source, an endpoint and an event type, in the five minutes that begin at ``starts_at``.

    An empty endpoint or event type means all of them.
    """

    source_id: SourceId
    endpoint_id: str
    event_type: str
    starts_at: Millis


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a stored row of activity counts; ``endpoint_id`` and ``event_type`` as in ``Cell``."""

    source_id: SourceId
    size: Size
    endpoint_id: str
    event_type: str
    starts_at: Millis

    @property
    def kept_until(self) -> Millis:
        """After which moment its row is deleted."""
        kept = KEPT_OF_PAIRS_MS if self.endpoint_id and self.event_type else KEPT_MS
        return self.starts_at + kept[self.size]


def cell_of(source_id: SourceId, endpoint_id: EndpointId | str, event_type: str, moment: Millis) -> Cell:
    return Cell(source_id, endpoint_id, event_type, Size.FIVE_MINUTES.start_of(moment))


def rows_of(cell: Cell) -> Iterator[Key]:
    """The rows that a cell counts in: each size, for the pair, its endpoint, its event type, and everything."""
    pairs = {("", ""), ("", cell.event_type), (cell.endpoint_id, ""), (cell.endpoint_id, cell.event_type)}
    for size in Size:
        starts_at = size.start_of(cell.starts_at)
        for endpoint_id, event_type in pairs:
            yield Key(cell.source_id, size, endpoint_id, event_type, starts_at)


def spans(size: Size, since: Millis, until: Millis) -> list[tuple[Size, Millis, Millis]]:
    """The same time in fewer rows, for sums: whole days as days, the rest in periods of ``size``."""
    first, last = -(-since // DAY_MS) * DAY_MS, Size.DAY.start_of(until)
    if size is Size.DAY or first >= last:
        return [(size, since, until)]
    found = [(size, since, first), (Size.DAY, first, last), (size, last, until)]
    return [(of, start, end) for of, start, end in found if start < end]


def rolled_up(cells: Iterable[tuple[Cell, Counts]], now: Millis) -> dict[Key, Counts]:
    """What cells add to each row that is still kept at ``now``."""
    found: dict[Key, Counts] = {}
    for cell, counts in cells:
        for key in rows_of(cell):
            if key.kept_until >= now:
                found.setdefault(key, Counts()).add(counts)
    return found
