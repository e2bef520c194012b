"""Explains requests that a source refused: why, how often, when last, and what to do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.domain.ids import Millis, SourceId
from server.domain.sentences import Sentence, say
from server.domain.sources import IntakeRefusal
from server.store.sources import Refusals
from server.web import plans

REASONS: Mapping[IntakeRefusal, Sentence] = {
    IntakeRefusal.NO_SECRET: say("Arrived before a signing secret was saved"),
    IntakeRefusal.HEADERS: say("Signature headers missing"),
    IntakeRefusal.SIGNATURE: say("Signature wrong"),
    IntakeRefusal.CLOCK: say("Signed correctly, but the timestamp is more than five minutes off"),
    IntakeRefusal.TOO_LARGE: say("Too large"),
    IntakeRefusal.NOT_JSON: say("Not a JSON object with a type"),
    IntakeRefusal.UNREADABLE: say("The stored signing secret could not be read; the sender was asked to retry"),
}


@dataclass(frozen=True, slots=True)
class ShownRefusal:
    """One kind of refusal as the page shows it."""

    reason: Sentence
    count: int
    last_at: Millis
    detail: Sentence | None
    """What is known of the last one."""
    advice: Sentence


def shown_refusals(
    refused: Mapping[IntakeRefusal, Refusals], since: Millis, names: Mapping[SourceId, str], max_body: int
) -> tuple[Sequence[ShownRefusal], Sequence[ShownRefusal]]:
    """(refusals since the moment ``since``, earlier ones), the latest first. ``names``: the names of all sources."""
    shown = [
        ShownRefusal(REASONS[reason], each.count, each.last_at, _detail(reason, each, names), _advice(reason, max_body))
        for reason, each in sorted(refused.items(), key=lambda item: -item[1].last_at)
    ]
    return [each for each in shown if each.last_at > since], [each for each in shown if each.last_at <= since]


def _detail(reason: IntakeRefusal, refusal: Refusals, names: Mapping[SourceId, str]) -> Sentence | None:
    if reason is IntakeRefusal.CLOCK:
        return _clock(refusal.clock_off_ms)
    if reason is IntakeRefusal.HEADERS and refusal.detail:
        return say("Missing or malformed in the last one: {headers}.", headers=", ".join(refusal.detail.split()))
    if reason is IntakeRefusal.SIGNATURE and (other := names.get(SourceId(refusal.detail))):
        return say(
            "The signature fits the secret of the source {source}: this ingest URL is entered at the wrong webhook.",
            source=other,
        )
    return None


def _clock(off: Millis | None) -> Sentence | None:
    """How far the latest sender's clock was off; ``None`` when it was not."""
    if off is None:
        return None
    span = plans.span(round(abs(off) / 1000) * 1000)
    if off < 0:
        return say("The last timestamp was {span} behind this machine's clock. Check both clocks.", span=span)
    return say("The last timestamp was {span} ahead of this machine's clock. Check both clocks.", span=span)


def _advice(reason: IntakeRefusal, max_body: int) -> Sentence:
    match reason:
        case IntakeRefusal.NO_SECRET:
            return say("Save the secret in step 2. Dodo Payments then delivers these events again by itself.")
        case IntakeRefusal.HEADERS:
            return say(
                "Dodo Payments sends webhook-id, webhook-timestamp and webhook-signature with each event. A request "
                "without them comes from another sender, or a proxy in between removes them."
            )
        case IntakeRefusal.SIGNATURE:
            return say(
                "Copy the signing secret of exactly this webhook again: each webhook has its own, and test and live "
                "mode differ. If it is right, a proxy in between changes the body."
            )
        case IntakeRefusal.CLOCK:
            return say("Set the clock of this machine automatically (NTP). Five minutes are allowed.")
        case IntakeRefusal.TOO_LARGE:
            return say(
                "Events may have {limit} bytes. If these are events of Dodo Payments, raise HOOKBENCH_MAX_BODY.",
                limit=max_body,
            )
        case IntakeRefusal.NOT_JSON:
            return say(
                "The signature was right, but the body is not a JSON object with a type. Check what is sent here."
            )
        case IntakeRefusal.UNREADABLE:
            return say("Enter the signing secret again in step 2. The sender repeats these events.")
