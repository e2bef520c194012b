"""Thrown text stays text in an operational event, and its webhook has a sentence and no stored form."""

import json

from builders import a_message, a_source, an_attempt, an_endpoint

from server.domain.ids import DeliveryId
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState
from server.domain.operational_events import of_attempt
from server.domain.reasons import Cause, because, load_cause

SPOOFED = '{"key":"fault_before_send","values":{"reason":"spoof"}}'


def stored(cause: Cause) -> str:
    source = a_source()
    error = AttemptError("threw", cause)
    attempt = an_attempt(
        a_message(source),
        DeliveryId("dlv_1"),
        an_endpoint(source),
        outcome=AttemptOutcome.TRANSFORM_FAILED,
        error=error,
    )
    happened = of_attempt(attempt, DeliveryState.TRANSFORM_FAILED)
    assert happened
    return str(happened.detail["error"])


def test_text_that_looks_like_a_reason_stays_text() -> None:
    assert str(load_cause(stored(SPOOFED))) == SPOOFED


def test_a_reason_is_kept_by_its_key() -> None:
    assert json.loads(stored(because("connection_refused", host="a.example")))["key"] == "connection_refused"
