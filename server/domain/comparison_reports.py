"""A report over many comparisons: counts per event type, and equal changes as one group each. Its size is bounded."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.domain.comparisons import Compared, Difference, shape
from server.domain.messages import AttemptError
from server.domain.reasons import dump_cause, load_cause

MAX_TYPES = 300
MAX_GROUPS = 200
MAX_SAMPLES = 20
"""Message ids that a group keeps."""
MAX_GROUP_TYPES = 50
MAX_CAUSE_CHARACTERS = 1_000

OTHER_TYPES = ""
"""Stands for the event types beyond ``MAX_TYPES``."""

SLOWER_TIMES = 3.0
SLOWER_MS = 5.0
SLOWER_EVENTS = 5
"""An event type is slower with at least so many events, when the median time is at least ``SLOWER_TIMES`` the active
code's and ``SLOWER_MS`` longer. Medians, because one run on a busy machine says little."""
_PER_DOUBLING = 4
_MIN_MS = 0.01


@dataclass(slots=True)
class Durations:
    """How long runs took, as counts per bucket, so that reports can be merged. The median is exact to about 10 %."""

    counts: Counter[int] = field(default_factory=Counter)

    def add(self, ms: float) -> None:
        self.counts[math.floor(math.log2(max(ms, _MIN_MS)) * _PER_DOUBLING)] += 1

    @property
    def median(self) -> float | None:
        """In milliseconds; ``None`` without a run."""
        left = (self.counts.total() + 1) // 2
        for bucket in sorted(self.counts):
            left -= self.counts[bucket]
            if left <= 0:
                return float(2.0 ** ((bucket + 0.5) / _PER_DOUBLING))
        return None


@dataclass(slots=True)
class TypeTally:
    """The counts of one event type."""

    counts: Counter[Difference] = field(default_factory=Counter)
    before: Durations = field(default_factory=Durations)
    after: Durations = field(default_factory=Durations)

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def is_slower(self) -> bool:
        old, new = self.before.median, self.after.median
        if old is None or new is None or self.after.counts.total() < SLOWER_EVENTS:
            return False
        return new >= SLOWER_TIMES * old and new - old >= SLOWER_MS


@dataclass(slots=True)
class Group:
    """Events with the same difference, the same changed paths and errors of the same shape."""

    difference: Difference
    paths: tuple[str, ...]
    error: AttemptError | None
    """That of the first event, masked."""
    count: int = 0
    types: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)
    """Ids of the first messages."""

    @property
    def key(self) -> "_Key":
        return _key(self.difference, self.paths, self.error)

    def add(self, types: Mapping[str, int], samples: list[str]) -> None:
        self.count += sum(types.values())
        for name, count in types.items():
            known = name in self.types or len(self.types) < MAX_GROUP_TYPES
            self.types[name if known else OTHER_TYPES] += count
        if len(self.samples) < MAX_SAMPLES:
            self.samples += [one for one in samples[: MAX_SAMPLES - len(self.samples)] if one not in self.samples]


class Report:
    """The sum of many comparisons. ``add`` takes one; ``merge`` takes another report, such as another process's."""

    def __init__(self) -> None:
        self.types: dict[str, TypeTally] = {}
        self._groups: dict[_Key, Group] = {}
        self.others = 0
        """Events whose groups found no room."""
        self.skipped = 0
        """Events that were left out because too many came at once."""

    @property
    def events(self) -> int:
        return sum(tally.total for tally in self.types.values())

    @property
    def groups(self) -> list[Group]:
        """The differences, the most frequent first."""
        return sorted(self._groups.values(), key=lambda group: -group.count)

    @property
    def counts(self) -> Counter[Difference]:
        """The counts over all event types."""
        total: Counter[Difference] = Counter()
        for tally in self.types.values():
            total.update(tally.counts)
        return total

    @property
    def slower_types(self) -> list[str]:
        return sorted(name for name, tally in self.types.items() if tally.is_slower)

    def add(
        self,
        event_type: str,
        message_id: str,
        compared: Compared,
        before_ms: float | None = None,
        after_ms: float | None = None,
    ) -> None:
        """Add one event. The error and the paths of ``compared`` must be masked already: they are stored."""
        tally = self._tally(event_type)
        tally.counts[compared.difference] += 1
        if before_ms is not None:
            tally.before.add(before_ms)
        if after_ms is not None:
            tally.after.add(after_ms)
        if compared.difference is Difference.SAME:
            return
        error = _short(compared.error)
        group = self._group(compared.difference, compared.paths, error)
        if group is None:
            self.others += 1
        else:
            group.add({event_type: 1}, [message_id])

    def merge(self, other: "Report") -> None:
        for event_type, theirs in other.types.items():
            tally = self._tally(event_type)
            tally.counts.update(theirs.counts)
            tally.before.counts.update(theirs.before.counts)
            tally.after.counts.update(theirs.after.counts)
        for group in other.groups:
            ours = self._group(group.difference, group.paths, group.error)
            if ours is None:
                self.others += group.count
            else:
                ours.add(group.types, group.samples)
        self.others += other.others
        self.skipped += other.skipped

    def dump(self) -> str:
        """The report as ASCII JSON."""
        return json.dumps(
            {
                "types": {
                    name: {
                        "counts": {difference.value: count for difference, count in tally.counts.items()},
                        "before": {str(bucket): count for bucket, count in tally.before.counts.items()},
                        "after": {str(bucket): count for bucket, count in tally.after.counts.items()},
                    }
                    for name, tally in self.types.items()
                },
                "groups": [_dump_group(group) for group in self.groups],
                "others": self.others,
                "skipped": self.skipped,
            },
            separators=(",", ":"),
        )

    @classmethod
    def load(cls, text: str) -> "Report":
        """The report that ``dump`` wrote; an empty text is an empty report. Raises when the text is damaged."""
        return cls.of(json.loads(text) if text else {})

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Report":
        """The report in the parsed JSON of ``dump``."""
        report = cls()
        for name, each in data.get("types", {}).items():
            report.types[name] = TypeTally(
                Counter({Difference(one): count for one, count in each["counts"].items()}),
                Durations(Counter({int(bucket): count for bucket, count in each["before"].items()})),
                Durations(Counter({int(bucket): count for bucket, count in each["after"].items()})),
            )
        for each in data.get("groups", ()):
            group = _load_group(each)
            report._groups[group.key] = group
        report.others, report.skipped = data.get("others", 0), data.get("skipped", 0)
        return report

    def _tally(self, event_type: str) -> TypeTally:
        known = event_type in self.types or len(self.types) < MAX_TYPES
        return self.types.setdefault(event_type if known else OTHER_TYPES, TypeTally())

    def _group(self, difference: Difference, paths: tuple[str, ...], error: AttemptError | None) -> Group | None:
        """The group of such events, which may be new; ``None`` if there is no room for it."""
        key = _key(difference, paths, error)
        group = self._groups.get(key)
        if group is None and len(self._groups) < MAX_GROUPS:
            group = self._groups[key] = Group(difference, paths, error)
        return group


_Key = tuple[Difference, tuple[str, ...], tuple[str, str, int | None] | None]


def _key(difference: Difference, paths: tuple[str, ...], error: AttemptError | None) -> _Key:
    return difference, paths, (error.kind, shape(error.message), error.line) if error else None


def _short(error: AttemptError | None) -> AttemptError | None:
    """The error as a group keeps it: with a cause of bounded length and without the line of code."""
    if error is None:
        return None
    cause = error.cause
    if len(dump_cause(cause)) > MAX_CAUSE_CHARACTERS:
        cause = str(cause)[: MAX_CAUSE_CHARACTERS // 6]  # JSON may escape one character as six
    return AttemptError(error.kind, cause, error.line, error.column)


def _dump_group(group: Group) -> dict[str, Any]:
    dumped: dict[str, Any] = {
        "difference": group.difference.value,
        "paths": group.paths,
        "count": group.count,
        "types": group.types,
        "samples": group.samples,
    }
    if error := group.error:
        dumped["error"] = [error.kind, dump_cause(error.cause), error.line, error.column]
    return dumped


def _load_group(data: Mapping[str, Any]) -> Group:
    error = None
    if stored := data.get("error"):
        error = AttemptError(str(stored[0]), load_cause(stored[1]), stored[2], stored[3])
    return Group(
        Difference(data["difference"]),
        tuple(data["paths"]),
        error,
        data["count"],
        Counter(data["types"]),
        list(data["samples"]),
    )
