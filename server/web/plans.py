"""Describes when attempts are made and why: an endpoint's schedule, and what follows an attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from server.domain import schedules
from server.domain.ids import Millis
from server.domain.messages import RetryReason
from server.domain.schedules import DAY, DODO_SCHEDULE, HOUR, MINUTE, SECOND
from server.domain.sentences import Sentence, say
from server.web import i18n

BECAUSE: Mapping[RetryReason, Sentence] = {
    RetryReason.SCHEDULE: say("retry schedule"),
    RetryReason.RETRY_AFTER: say("requested by the destination (Retry-After)"),
    RetryReason.RETRY_AFTER_CUT: say("twice the schedule's delay: the destination requested more (Retry-After)"),
    RetryReason.REST: say("at least a minute after a 429 or a timeout"),
    RetryReason.EXHAUSTED: say("No further attempts: this was the last one."),
    RetryReason.GONE: say("No further attempts: the destination returned 410 Gone, so the endpoint was disabled."),
    RetryReason.DISABLE: say(
        "No further attempts: the destination requested no more events (webhook-delivery: disable)."
    ),
    RetryReason.ABORT: say("No further attempts: the destination requested to stop (webhook-delivery: abort-message)."),
    RetryReason.POINTLESS: say("No further attempts: the destination would reject the same request again."),
    RetryReason.ONCE: say("No further attempts: examples are sent once."),
    RetryReason.STOPPED: say("No further attempts: the delivery was stopped."),
    RetryReason.SHORTENED: say("No further attempts: the new schedule has fewer attempts."),
}

_UNITS = ((DAY, say("{count} d")), (HOUR, say("{count} h")), (MINUTE, say("{count} min")), (SECOND, say("{count} s")))


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt of a schedule."""

    number: int
    wait: Millis
    """Since the previous attempt."""
    after: Millis
    """Since the event arrived, if the attempts themselves took no time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule as typed, and the attempts that it makes."""

    text: str
    steps: Sequence[Step]
    problem: Sentence | None

    @property
    def whole(self) -> Millis:
        return self.steps[-1].after if self.steps else 0

    @property
    def is_dodos(self) -> bool:
        return tuple(step.wait for step in self.steps) == DODO_SCHEDULE


def plan(text: str) -> Plan:
    found = schedules.read(text)
    if isinstance(found, Sentence):
        return Plan(text, (), found)
    steps = [Step(n, wait, after) for n, (wait, after) in enumerate(zip(found, accumulate(found), strict=True), 1)]
    return Plan(text, steps, None)


def span(wait: Millis) -> str:
    """A duration in the reader's language: 5,405,000 → ``1 h 30 min 5 s``, 0 → ``0 s``."""
    parts, left = [], wait
    for unit, words in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(i18n.in_words(Sentence(words.text, {"count": count})))
    return " ".join(parts) or i18n.in_words(Sentence(_UNITS[-1][1].text, {"count": 0}))
