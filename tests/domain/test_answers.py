"""What is heard in an answer: 410, ``Retry-After``, ``webhook-delivery``; and what is not, however it is written."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from builders import a_message, an_attempt, an_endpoint
from hypothesis import given
from hypothesis import strategies as st

from server.domain.endpoints import DisabledBecause
from server.domain.ids import DeliveryId, SourceId
from server.domain.messages import AttemptError, AttemptOutcome, ReceivedResponse
from server.domain.response_hints import DeliveryDirective, ResponseHints, hints_of

SOURCE = SourceId("src_0")
NOW = round(datetime(2026, 11, 27, 8, 0, 0, tzinfo=UTC).timestamp() * 1000)


def answer(status=500, *headers):
    response = ReceivedResponse(status, tuple(headers), b"", False)
    return hints_of(attempt(outcome=AttemptOutcome.REJECTED, response=response), NOW)


def silence(kind):
    return hints_of(attempt(outcome=AttemptOutcome.UNREACHABLE, response=None, error=AttemptError(kind, "…")), NOW)


def attempt(**changes):
    return an_attempt(a_message(SOURCE), DeliveryId("dlv_0"), an_endpoint(SOURCE), **changes)


def retry_after(text):
    return answer(503, ("Retry-After", text)).retry_after


def in_seconds(seconds):
    return format_datetime(datetime(2026, 11, 27, 8, 0, 0, tzinfo=UTC) + timedelta(seconds=seconds), usegmt=True)


def test_an_ordinary_failure_says_nothing_more():
    assert answer(500, ("server", "nginx")) == ResponseHints()


def test_410_disables():
    assert answer(410).disables is DisabledBecause.GONE


def test_429_and_a_timeout_ask_for_a_rest():
    assert answer(429).overwhelmed
    assert silence("timeout").overwhelmed
    assert not answer(503).overwhelmed
    assert not silence("refused").overwhelmed


@pytest.mark.parametrize("text", ["disable", " Disable ", "DISABLE"])
def test_a_header_asks_to_disable_whatever_the_status(text):
    for status in (200, 404):
        said = answer(status, ("Webhook-Delivery", text))
        assert (said.asked, said.disables) == (DeliveryDirective.DISABLE, DisabledBecause.ASKED)


def test_a_header_asks_to_abort_the_message_and_leaves_the_endpoint():
    said = answer(500, ("webhook-delivery", "abort-message"))
    assert (said.asked, said.disables) == (DeliveryDirective.ABORT, None)


@pytest.mark.parametrize("text", ["", "enable", "disabled", "abort", "disable, please"])
def test_another_word_asks_for_nothing(text):
    assert answer(500, ("webhook-delivery", text)) == ResponseHints()


@pytest.mark.parametrize(("text", "wait"), [("1", 1000), ("120", 120_000), (" 7 ", 7000), ("1000000000", 10**12)])
def test_seconds_are_understood(text, wait):
    assert retry_after(text) == wait


@pytest.mark.parametrize(
    "text", [in_seconds(90), "Fri, 27 Nov 2026 08:01:30", "Fri, 27 Nov 2026 09:01:30 +0100", "27 Nov 2026 08:01:30 GMT"]
)
def test_dates_are_understood(text):
    assert retry_after(text) == 90_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-5",
        "+5",
        "1.5",
        "1e9",
        "٣",
        "²",
        "soon",
        "5s",
        "Fri, 32 Nov 2026 08:00:00 GMT",
        "Fri, 27 Nov 99999999 0",
        in_seconds(0),
        in_seconds(-60),
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_nonsense_nothing_and_the_past_ask_for_no_wait(text):
    assert retry_after(text) is None


@given(st.text(max_size=80))
def test_no_header_breaks_the_reading(text):
    assert (retry_after(text) or 1) > 0
    assert answer(500, ("webhook-delivery", text)).asked in (None, *DeliveryDirective)
