"""A card's contract judges what is sent and reads what comes back, through the real pipeline and on both databases."""

import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from receivers import dripping, receiving
from working import CARD, Scripted, until, working

from server.domain.contracts import parse_contract
from server.domain.endpoints import Controls, Destination, DisabledBecause
from server.domain.health import HEALTHY, Health
from server.domain.messages import AttemptOutcome, DeliveryState, RetryReason
from server.domain.operational_event_types import DELIVERY_FAILED, TRANSFORMATION_FAILING
from server.domain.schedules import DAY, HOUR
from server.domain.transformations import Returned
from server.domain.verdicts import FITS, Grade
from server.store import attempts, endpoints, operational_events
from server.store.schema import attempts as table

CONTRACT = {
    "calls": [
        {
            "body": {
                "type": "object",
                "required": ["action"],
                "properties": {
                    "action": {"enum": ["event", "identify"], "hint": "Use event.", "fix": {"value": "event"}},
                    "note": {"maxLength": 3, "severity": "warning"},
                },
            }
        }
    ],
    "responses": [
        {"status": "2xx", "json": {"required": ["errors"]}, "is": "rejected", "retry": False,
         "message": ["/errors/*/message"]},
        {"status": "2xx", "text": "^try later", "is": "rejected", "message": ["text"], "say": "It is busy."},
        {"status": 302, "header": {"location": "^https://done\\.example/"}, "is": "success"},
        {"status": [400, 422], "is": "rejected", "retry": False, "message": ["/message"]},
        {"status": 403, "json": {"properties": {"code": {"const": "slow_down"}}, "required": ["code"]},
         "is": "rejected", "limited": True, "message": ["/message"]},
        {"status": 404, "is": "rejected", "retry": False, "say": "The address was removed."},
        {"status": "5xx", "is": "rejected", "message": ["/message", "text"]},
    ],
    "waits": [
        {"header": "x-ratelimit-reset", "unit": "epoch_s"},
        {"json": "/retry_after", "unit": "s"},
    ],
}  # fmt: skip
STRICT = replace(CARD, name="strict", contract=parse_contract(json.dumps(CONTRACT)))
CARDS = {"customer_io": CARD, "strict": STRICT}
SLOW = (0, 100_000, 100_000)


def response(status, body=b"", *headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status} X\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


def returning(payload):
    return Scripted(Returned("POST", "", {}, json.dumps(payload), False, (), 1.0, 0))


@asynccontextmanager
async def judging(store, receiver, payload=None, **changes):
    """A worker with an endpoint of the strict card. ``payload``: what its code makes of each event."""
    sandbox = returning(payload) if payload is not None else None
    async with working(store, sandbox, cards=CARDS) as b:
        values = {"card": "strict", "controls": Controls(schedule=SLOW)}
        if payload is not None:
            values |= {"code": "function handler(webhook) {}"}
            sandbox.result = replace(sandbox.result, url=receiver.url())
        b.made = await b.endpoint(receiver.url(), **values | changes)
        yield b


async def one(store, answer, payload=None, **changes):
    """(attempt, delivery, endpoint) after one attempt."""
    async with receiving(answer) as receiver, judging(store, receiver, payload or {"action": "event"}, **changes) as b:
        message = await b.event()
        [attempt] = await b.attempted(message)
        [delivery] = await b.deliveries(message)
        return attempt, delivery, await b.store.read(lambda tx: endpoints.get(tx, b.made.id))


def wait_of(attempt):
    return attempt.next_at - attempt.started_at - attempt.duration_ms


async def test_a_request_that_fits_is_said_to_fit(each_store):
    attempt, delivery, _ = await one(each_store, response(200))
    assert (attempt.verdict, delivery.state) == (FITS, DeliveryState.SUCCEEDED)


async def test_a_card_without_a_contract_judges_nothing(each_store):
    attempt, delivery, _ = await one(each_store, response(200, {"errors": []}), card="customer_io")
    assert (attempt.verdict, delivery.state) == (None, DeliveryState.SUCCEEDED)


async def test_a_bad_request_is_sent_and_its_verdict_is_kept(each_store):
    attempt, delivery, _ = await one(each_store, response(200), {"action": "paid", "note": "long"})
    assert delivery.state is DeliveryState.SUCCEEDED
    assert attempt.verdict.grade is Grade.ERRORS
    error, warning = attempt.verdict.findings
    assert (error.path, str(error.cause)) == ("action", 'action is "paid". Allowed: event, identify.')
    assert (error.hint, error.allowed, error.fix.value) == ("Use event.", ('"event"', '"identify"'), "event")
    assert (warning.path, warning.warning) == ("note", True)


async def test_an_event_that_the_code_leaves_as_it_came_is_one_error(each_store):
    async with receiving() as receiver, judging(each_store, receiver, {"type": "a", "data": {}}) as b:
        message = await b.event(body=b'{ "type": "a", "data": {} }')
        [attempt] = await b.attempted(message)
    [error] = attempt.verdict.findings
    assert str(error.cause).startswith("The code sends this event as it came")


async def test_a_2xx_with_errors_is_a_rejection_that_is_not_repeated(each_store):
    body = {"errors": [{"message": "No\u0000 such team"}, {"message": "Bad title"}]}
    attempt, delivery, endpoint = await one(each_store, response(200, body))
    assert (attempt.outcome, attempt.because, attempt.next_at) == (
        AttemptOutcome.REJECTED, RetryReason.POINTLESS, None,
    )  # fmt: skip
    assert delivery.state is DeliveryState.FAILED
    assert attempt.delivered_but_rejected
    assert attempt.error.message == ("The destination responded 200, but rejected the event: No such team; Bad title")
    assert endpoint.health == HEALTHY


async def test_a_2xx_with_an_error_in_text_is_repeated(each_store):
    attempt, delivery, endpoint = await one(each_store, response(200, b"try later\nplease"))
    assert (attempt.outcome, delivery.state) == (AttemptOutcome.REJECTED, DeliveryState.PENDING)
    assert attempt.error.message == (
        "It is busy. The destination responded 200, but rejected the event: try later please"
    )
    assert attempt.because is RetryReason.SCHEDULE
    assert endpoint.health != HEALTHY


async def test_a_redirect_can_be_a_success(each_store):
    attempt, delivery, _ = await one(each_store, response(302, b"", "Location: https://done.example/x"))
    assert (attempt.outcome, delivery.state) == (AttemptOutcome.SUCCEEDED, DeliveryState.SUCCEEDED)
    attempt, delivery, _ = await one(each_store, response(302, b"", "Location: https://login.example/"))
    assert (attempt.outcome, delivery.state) == (AttemptOutcome.REJECTED, DeliveryState.PENDING)


async def test_an_error_is_told_by_the_destinations_own_words(each_store):
    attempt, delivery, endpoint = await one(each_store, response(422, {"message": "Unknown field"}))
    assert attempt.error.message == "The destination responded 422: Unknown field"
    assert (delivery.state, attempt.because) == (DeliveryState.FAILED, RetryReason.POINTLESS)
    assert not attempt.delivered_but_rejected
    assert endpoint.health == HEALTHY
    attempt, delivery, _ = await one(each_store, response(503, b"<p>busy</p>"))
    assert attempt.error.message == "The destination responded 503: <p>busy</p>"
    assert delivery.state is DeliveryState.PENDING


async def test_an_address_that_was_removed_counts_against_the_endpoint(each_store):
    attempt, delivery, endpoint = await one(each_store, response(404))
    assert attempt.error.message == "The address was removed. The destination responded 404."
    assert (delivery.state, attempt.because) == (DeliveryState.FAILED, RetryReason.POINTLESS)
    assert endpoint.health.first_failure_at is not None


async def test_content_that_is_refused_for_days_does_not_disable_the_endpoint(each_store):
    began = time.time_ns() // 1_000_000 - 9 * DAY
    failing = Health(began - 13 * HOUR, None, began, began + DAY)
    *_, endpoint = await one(each_store, response(422, {"message": "no"}), health=failing)
    assert (endpoint.disabled, endpoint.health) == (False, failing)
    *_, endpoint = await one(each_store, response(401), health=failing)
    assert endpoint.disabled_because is DisabledBecause.FAILING


@pytest.mark.parametrize(
    ("answer", "least", "most", "because"),
    [
        (response(429, {"retry_after": 150.5}), 150_000, 182_000, RetryReason.RETRY_AFTER),
        (response(429, {"retry_after": 0.3}), 99_000, 122_000, RetryReason.SCHEDULE),
        (response(429, {"retry_after": "soon"}), 99_000, 122_000, RetryReason.SCHEDULE),
        (response(429, {"retry_after": 120}, "Retry-After: 160"), 159_000, 194_000, RetryReason.RETRY_AFTER),
        (response(429, {"retry_after": 160}, "Retry-After: 120"), 159_000, 194_000, RetryReason.RETRY_AFTER),
        (response(429, {"retry_after": 1e12}), 199_000, 201_000, RetryReason.RETRY_AFTER_CUT),
        (response(403, {"code": "slow_down", "retry_after": 150}), 149_000, 182_000, RetryReason.RETRY_AFTER),
        (response(503, {"retry_after": 150}), 79_000, 121_000, RetryReason.SCHEDULE),
    ],
)
async def test_a_destinations_own_wait_is_kept_like_retry_after(store, answer, least, most, because):
    attempt, delivery, _ = await one(store, answer)
    assert delivery.state is DeliveryState.PENDING
    assert attempt.because is because
    assert least <= wait_of(attempt) <= most


async def test_a_wait_until_a_moment_is_kept(each_store):
    at = time.time_ns() // 1_000_000_000 + 150
    attempt, *_ = await one(each_store, response(429, b"", f"X-RateLimit-Reset: {at}"))
    assert attempt.because is RetryReason.RETRY_AFTER
    assert 148_000 <= wait_of(attempt) <= 182_000


async def test_what_looks_like_a_429_brings_a_minutes_rest(each_store):
    attempt, *_ = await one(
        each_store, response(403, {"code": "slow_down", "message": "Slower"}), controls=Controls(schedule=(0, 5_000))
    )
    assert attempt.because is RetryReason.REST
    assert 59_000 <= wait_of(attempt) <= 73_000
    assert attempt.error.message == "The destination responded 403: Slower"


@pytest.mark.parametrize(
    ("headers", "because", "disabled"),
    [
        (("webhook-delivery: abort-message",), RetryReason.ABORT, False),
        (("webhook-delivery: disable", "Retry-After: 5"), RetryReason.DISABLE, True),
        (("Retry-After: 5",), RetryReason.POINTLESS, False),
    ],
)
async def test_what_the_destination_asks_for_comes_before_the_contract(store, headers, because, disabled):
    attempt, delivery, endpoint = await one(store, response(422, {"message": "no"}, *headers))
    assert (attempt.because, delivery.state, endpoint.disabled) == (because, DeliveryState.FAILED, disabled)


async def test_gone_is_gone_whatever_the_contract_says(store):
    attempt, _, endpoint = await one(store, response(410, {"message": "no"}))
    assert (attempt.because, endpoint.disabled_because) == (RetryReason.GONE, DisabledBecause.GONE)


async def test_people_are_told_of_a_rejection_in_the_destinations_words(each_store):
    async with (
        receiving(response(200, {"errors": [{"message": "No such team"}]})) as receiver,
        judging(each_store, receiver, {"action": "event"}) as b,
    ):
        await b.ended(await b.event())
        [told] = await b.store.read(lambda tx: operational_events.of_endpoint(tx, b.made.id))
    assert told.type is DELIVERY_FAILED
    assert told.error.message == "The destination responded 200, but rejected the event: No such team"


async def test_secrets_are_masked_in_findings_and_messages(each_store):
    secret = "sk_live_0123456789abcdef"
    variables = {"API_KEY": secret}
    attempt, *_ = await one(
        each_store, response(422, {"message": "x" * 290 + secret}), {"action": secret}, variables=variables
    )
    assert secret[:8] not in attempt.error.message
    assert str(attempt.verdict.findings[0].cause).startswith('action is "••••••••".')


async def test_an_endpoint_can_refuse_to_send_what_breaks_the_contract(each_store):
    controls = Controls(schedule=SLOW, enforce_contract=True)
    async with receiving() as receiver, judging(each_store, receiver, {"action": "paid"}, controls=controls) as b:
        parked = await b.event()
        [delivery] = await b.ended(parked)
        [attempt] = await b.attempts(parked)
        assert (delivery.state, attempt.outcome) == (DeliveryState.TRANSFORM_FAILED, AttemptOutcome.TRANSFORM_FAILED)
        assert attempt.error.kind == "contract"
        assert attempt.error.message == (
            'Not sent, because the destination would not accept it. action is "paid". Allowed: event, identify.'
        )
        assert json.loads(attempt.request.body) == {"action": "paid"}
        assert attempt.response is None
        [told] = await b.store.read(lambda tx: operational_events.of_endpoint(tx, b.made.id))
        assert told.type is TRANSFORMATION_FAILING
        b.sandbox.result = replace(b.sandbox.result, payload='{"action": "event", "note": "only a warning"}')
        [sent] = await b.ended(await b.event())
        assert (sent.state, len(receiver.got)) == (DeliveryState.SUCCEEDED, 1)


async def test_captured_requests_are_judged_and_always_kept(each_store):
    attempt, delivery, _ = await one(
        each_store,
        response(200),
        {"action": "paid"},
        destination=Destination.CAPTURE,
        controls=Controls(schedule=SLOW, enforce_contract=True),
    )
    assert (attempt.outcome, attempt.verdict.grade) == (AttemptOutcome.CAPTURED, Grade.ERRORS)
    assert delivery.captured


async def test_a_response_that_a_stop_cuts_off_is_read_as_far_as_it_came(each_store):
    """A rejection that is not complete cannot be read, so the status decides, as it does without a contract."""
    head = b'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{"errors": ["'
    async with receiving(dripping(head, b".")) as receiver, judging(each_store, receiver, {"action": "event"}) as b:
        message = await b.event()
        await until(lambda: receiver.got)
        await b.worker.stop()
        [attempt] = await b.attempts(message)
    assert (attempt.outcome, attempt.response.truncated) == (AttemptOutcome.SUCCEEDED, True)
    assert attempt.error.message == "Hookbench was stopped before the response was complete."


@pytest.mark.parametrize("damage", [{"findings": "{"}, {"findings": '[["a"]]'}, {"verdict": 9}, {"findings": "[1]"}])
async def test_a_damaged_verdict_harms_no_page(each_store, damage):
    async with receiving() as receiver, judging(each_store, receiver, {"action": "paid"}) as b:
        message = await b.event()
        await b.ended(message)
        await b.store.write(lambda tx: tx.execute(table.update().values(**damage)))
        [attempt] = await b.attempts(message)
    assert attempt.outcome is AttemptOutcome.SUCCEEDED
    if "verdict" in damage:
        assert attempt.verdict is None
    else:
        assert (attempt.verdict.findings, attempt.verdict.grade) == ((), Grade.ERRORS)


async def test_attempts_are_found_by_their_verdict(each_store):
    async with receiving() as receiver, judging(each_store, receiver, {"action": "paid"}) as b:
        bad = await b.event()
        await b.ended(bad)
        b.sandbox.result = replace(b.sandbox.result, payload='{"action": "event", "note": "long"}')
        warned = await b.event()
        await b.ended(warned)
        b.sandbox.result = replace(b.sandbox.result, payload='{"action": "event"}')
        fits = await b.event()
        await b.ended(fits)

        async def found(*grades):
            page = await b.store.read(lambda tx: attempts.page(tx, attempts.Search(grades=grades)))
            return [attempt.message_id for attempt in page]

        assert await found(Grade.ERRORS) == [bad.id]
        assert await found(Grade.WARNINGS) == [warned.id]
        assert await found(Grade.FITS) == [fits.id]
        assert await found(Grade.ERRORS, Grade.WARNINGS) == [warned.id, bad.id]


async def test_many_large_findings_are_stored_within_bounds(each_store):
    payload = {"action": "paid", **{f"{n}" + "k" * 300: 1 for n in range(50)}}
    strict = json.loads(json.dumps(CONTRACT))
    strict["calls"][0]["body"] |= {"additionalProperties": False, "hint": "h" * 500}
    card = replace(STRICT, contract=parse_contract(json.dumps(strict)))
    async with receiving() as receiver, working(each_store, returning(payload), cards={"strict": card}) as b:
        b.sandbox.result = replace(b.sandbox.result, url=receiver.url())
        await b.endpoint(receiver.url(), card="strict", code="function handler(webhook) {}")
        message = await b.event()
        await b.ended(message)
        [attempt] = await b.attempts(message)
        [size] = await b.store.read(lambda tx: tx.execute(table.select()).mappings().all())
    assert len(size["findings"]) <= 8 * 1024
    assert 1 < len(attempt.verdict.findings) < 20
