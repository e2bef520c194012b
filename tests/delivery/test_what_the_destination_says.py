"""What a destination says beyond yes or no is done: come later, come no more with this event, come no more at all."""

import pytest
from receivers import answering, hanging, receiving
from structlog.testing import capture_logs

from server.domain.endpoints import Controls, DisabledBecause
from server.domain.health import HEALTHY, Health
from server.domain.messages import DeliveryState, RetryReason
from server.domain.operational_event_types import (
    DELIVERY_FAILED,
    ENDPOINT_ABOUT_TO_BE_DISABLED,
    ENDPOINT_DISABLED,
    ENDPOINT_RECOVERED,
)
from server.domain.schedules import DAY, HOUR
from server.store import endpoints, operational_events

MINUTE = 60_000


def saying(status, *headers):
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status} X\r\n{lines}content-length: 0\r\n\r\n".encode()


async def first_attempt(bench, receiver, *, schedule=(0, 100_000, 100_000), **options):
    """The attempt that an event to the receiver brings, its delivery, and the endpoint after it."""
    async with bench(**options) as b:
        endpoint = await b.endpoint(receiver.url(), controls=Controls(schedule=schedule))
        message = await b.event()
        [attempt] = await b.attempted(message)
        [delivery] = await b.deliveries(message)
        return attempt, delivery, await b.store.read(lambda tx: endpoints.get(tx, endpoint.id))


def wait_of(attempt):
    """Milliseconds from the attempt's end to the next one."""
    return attempt.next_at - attempt.started_at - attempt.duration_ms


@pytest.mark.parametrize(
    ("header", "least", "most", "because"),
    [
        ("retry-after: 150", 149_000, 182_000, RetryReason.RETRY_AFTER),
        ("retry-after: 1000000000", 199_000, 201_000, RetryReason.RETRY_AFTER_CUT),
        ("retry-after: Fri, 31 Dec 9999 23:59:59 GMT", 199_000, 201_000, RetryReason.RETRY_AFTER_CUT),
        ("retry-after: 0", 79_000, 121_000, RetryReason.SCHEDULE),
        ("retry-after: Thu, 01 Jan 1970 00:00:00 GMT", 79_000, 121_000, RetryReason.SCHEDULE),
        ("retry-after: when you like", 79_000, 121_000, RetryReason.SCHEDULE),
    ],
)
async def test_retry_after_is_heard_within_bounds(bench, header, least, most, because):
    async with receiving(saying(503, header)) as receiver:
        attempt, delivery, _ = await first_attempt(bench, receiver)
    assert least <= wait_of(attempt) <= most
    assert attempt.because is because
    assert (delivery.state, delivery.due_at) == (DeliveryState.PENDING, attempt.next_at)


async def test_a_429_brings_a_minutes_rest(bench):
    async with receiving(saying(429)) as receiver:
        attempt, _, _ = await first_attempt(bench, receiver, schedule=(0, 5_000))
    assert MINUTE - 1000 <= wait_of(attempt) <= 1.2 * MINUTE + 1000
    assert attempt.because is RetryReason.REST


async def test_a_timeout_brings_a_minutes_rest(bench):
    async with receiving(hanging) as receiver:
        attempt, _, _ = await first_attempt(bench, receiver, schedule=(0, 5_000), timeout=0.1)
    assert MINUTE - 1000 <= wait_of(attempt) <= 1.2 * MINUTE + 1000
    assert attempt.because is RetryReason.REST


@pytest.mark.parametrize(
    ("answer", "disabled_because", "because"),
    [
        (saying(410), DisabledBecause.GONE, RetryReason.GONE),
        (saying(500, "webhook-delivery: disable"), DisabledBecause.ASKED, RetryReason.DISABLE),
    ],
)
async def test_a_destination_can_switch_its_endpoint_off(bench, answer, disabled_because, because):
    with capture_logs() as lines:
        async with receiving(answer) as receiver:
            attempt, delivery, endpoint = await first_attempt(bench, receiver)
    assert (endpoint.disabled, endpoint.disabled_because) == (True, disabled_because)
    assert (delivery.state, attempt.because, attempt.next_at) == (DeliveryState.FAILED, because, None)
    [line] = [line for line in lines if line["event"] == "endpoint.disabled"]
    assert (line["because"], line["endpoint_id"]) == (disabled_because.value, endpoint.id)


async def test_a_good_answer_can_ask_to_be_the_last(bench):
    async with receiving(saying(200, "webhook-delivery: disable")) as receiver:
        attempt, delivery, endpoint = await first_attempt(bench, receiver)
    assert (endpoint.disabled, endpoint.disabled_because) == (True, DisabledBecause.ASKED)
    assert (delivery.state, attempt.because) == (DeliveryState.SUCCEEDED, None)


async def test_an_endpoint_that_is_gone_gets_nothing_of_what_waits(bench):
    answers = [saying(500), saying(410)]

    async def worse_and_worse(reader, writer):
        await answering(answers.pop(0))(reader, writer)

    async with receiving(worse_and_worse) as receiver, bench() as b:
        await b.endpoint(receiver.url(), controls=Controls(schedule=(0, 100_000)))
        waits = await b.event()
        await b.attempted(waits)
        [ended] = await b.ended(await b.event())
        [stopped] = await b.ended(waits)
        ignored = await b.event()
        assert await b.deliveries(ignored) == []
    assert (ended.state, stopped.state) == (DeliveryState.FAILED, DeliveryState.STOPPED)
    assert len(receiver.got) == 2


async def test_one_message_can_be_aborted_and_the_endpoint_stays(bench):
    async with receiving(saying(500, "webhook-delivery: abort-message")) as receiver:
        attempt, delivery, endpoint = await first_attempt(bench, receiver)
    assert (delivery.state, attempt.because, attempt.next_at) == (DeliveryState.FAILED, RetryReason.ABORT, None)
    assert not endpoint.disabled


async def failing_for(b, receiver, days, **changes):
    """An endpoint whose clock began so many days ago."""
    began = b.now() - round(days * DAY)
    health = Health(began - 13 * HOUR, None, began, changes.pop("warned_at", None))
    return await b.endpoint(receiver.url(), health=health, controls=Controls(schedule=(0,)), **changes)


async def told(b, endpoint):
    """The kinds of its notices, newest first."""
    return [one.type for one in await b.store.read(lambda tx: operational_events.of_endpoint(tx, endpoint.id))]


async def after_an_event(b, endpoint):
    await b.ended(await b.event())
    return await b.store.read(lambda tx: endpoints.get(tx, endpoint.id))


async def test_after_four_days_of_failures_people_are_warned(bench):
    async with receiving(saying(500)) as receiver, bench() as b:
        endpoint = await after_an_event(b, await failing_for(b, receiver, 4.1))
        assert await told(b, endpoint) == [ENDPOINT_ABOUT_TO_BE_DISABLED, DELIVERY_FAILED]
        await after_an_event(b, endpoint)
        assert (await told(b, endpoint)).count(ENDPOINT_ABOUT_TO_BE_DISABLED) == 1
    assert endpoint.health.warned_at is not None
    assert not endpoint.disabled


async def test_after_five_days_and_a_warning_it_is_switched_off(bench):
    async with receiving(saying(500)) as receiver, bench() as b:
        endpoint = await after_an_event(b, await failing_for(b, receiver, 5.1, warned_at=b.now() - 2 * DAY))
        assert await told(b, endpoint) == [ENDPOINT_DISABLED, DELIVERY_FAILED]
    assert (endpoint.disabled, endpoint.disabled_because) == (True, DisabledBecause.FAILING)


async def test_one_success_forgets_all_failures(bench):
    async with receiving() as receiver, bench() as b:
        endpoint = await after_an_event(b, await failing_for(b, receiver, 5.1, warned_at=b.now() - 2 * DAY))
    assert (endpoint.disabled, endpoint.health) == (False, HEALTHY)


async def test_an_endpoint_that_recovers_is_told_after_trouble_was(bench):
    answers = [saying(500), saying(200)]

    async def better(reader, writer):
        await answering(answers.pop(0))(reader, writer)

    async with receiving(better) as receiver, bench() as b:
        endpoint = await after_an_event(b, await failing_for(b, receiver, 4.1))
        await after_an_event(b, endpoint)
        assert (await told(b, endpoint))[0] is ENDPOINT_RECOVERED


async def test_an_address_that_our_own_rules_refuse_does_not_count(bench):
    async with bench() as b:
        health = Health(b.now() - 7 * DAY, None, b.now() - 6 * DAY, b.now() - 2 * DAY)
        endpoint = await b.endpoint("http://10.0.0.1/", health=health, controls=Controls(schedule=(0,)))
        after = await after_an_event(b, endpoint)
    assert (after.disabled, after.health) == (False, health)


async def test_for_an_endpoint_that_works_nothing_is_written_beside_the_attempt(bench):
    async with receiving() as receiver, bench() as b:
        endpoint = await b.endpoint(receiver.url())
        after = await after_an_event(b, endpoint)
    assert after == endpoint
