"""A lease is renewed while its attempt waits, as in the slow slot; an attempt that never ends is ended and counted."""

import asyncio

import pytest
from receivers import receiving
from structlog.testing import capture_logs
from working import LOOPBACK, Scripted, until, working

from server.delivery import dispatch, worker
from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.worker import Worker
from server.domain import faults
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.transformations import Returned


class Waiting(Scripted):
    """A sandbox that lets an event wait until it is told to go on."""

    def __init__(self):
        super().__init__()
        self.go_on = asyncio.Event()

    async def run(self, program, webhook):
        self.seen.append(program)
        await self.go_on.wait()
        return Returned("POST", webhook.url, {}, "{}", False, (), 0.1)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(dispatch, "WITH_THE_CODE_SECONDS", 0.1)  # a lease of 0.6 s, with the timeout below
    monkeypatch.setattr(faults, "PAUSES", (10, 10))
    with capture_logs():
        yield


async def test_no_other_process_takes_over_what_waits_for_longer_than_a_lease(each_store):
    sandbox = Waiting()
    async with receiving() as receiver, working(each_store, sandbox, timeout=0.2) as b:
        await b.endpoint(receiver.url(), code="x")
        message = await b.event()
        await until(lambda: sandbox.seen)
        first_lease = b.now() + 600
        courier = Courier(LOOPBACK, timeout=0.2)
        other = Worker(
            each_store, Configuration(each_store), Dispatcher(sandbox=sandbox, courier=courier, cards={}), Feed()
        )
        await other.start()
        try:

            async def long_past_the_first_lease():
                other.wake()
                return b.now() > first_lease + 1_500

            await until(long_past_the_first_lease)
            assert len(sandbox.seen) == 1
            sandbox.go_on.set()
            [delivery] = await b.ended(message)
        finally:
            await other.stop()
            await courier.aclose()
    assert (delivery.state, delivery.attempts, len(receiver.got)) == (DeliveryState.SUCCEEDED, 1, 1)


async def test_an_attempt_that_never_ends_is_ended_and_at_last_parked(each_store, monkeypatch):
    monkeypatch.setattr(worker, "MAX_ATTEMPT_SECONDS", 0.05)
    sandbox = Waiting()
    async with working(each_store, sandbox, timeout=0.2) as b:
        await b.endpoint("https://a.example/", code="x")
        message = await b.event()
        [delivery] = await b.ended(message)
        [attempt] = await b.attempts(message)
    assert (delivery.shown_state, attempt.outcome) == ("fault", AttemptOutcome.FAULT)
    assert len(sandbox.seen) == faults.MAX_TRIES
