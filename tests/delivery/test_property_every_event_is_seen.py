"""Failures at random in every part that a delivery goes through: each event still ends where a person sees it.

The real parts stand behind wrappers that fail now and then, given to the constructors as the real ones are.
"""

import errno
import os
import random
import socket
from collections import Counter
from urllib.parse import urlsplit

import pytest
from builders import a_source
from receivers import receiving
from structlog.testing import capture_logs
from working import LOOPBACK, Bench, Scripted, until

from server.delivery import dispatch as dispatching
from server.delivery import recorder
from server.delivery import worker as working_worker
from server.delivery.configuration import Configuration
from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.feed import Feed
from server.delivery.worker import Worker
from server.domain import faults
from server.domain.endpoints import Controls
from server.domain.masking import Masker
from server.domain.messages import AttemptError, DeliveryState
from server.domain.transformations import FailureKind, Returned, TransformFailed
from server.sandbox import Unavailable
from server.store import Busy, attempts, sources
from server.store.keys import UnknownKey
from server.store.vault import Unreadable, Vault

EVENTS = 12


class Failing:
    """Stands before a part and fails with some of its methods, by chance, until it is told to be well."""

    def __init__(self, part, chance, errors, dice, names):
        self._part, self._chance, self._errors, self._dice, self._names = part, chance, errors, dice, names
        self.well = False
        self.failed = 0

    def __getattr__(self, name):
        real = getattr(self._part, name)
        if name not in self._names:
            return real

        async def maybe(*given, **options):
            if not self.well and self._dice.random() < self._chance:
                self.failed += 1
                raise self._dice.choice(self._errors)()
            return await real(*given, **options)

        return maybe


class FailingSandbox(Scripted):
    """Answers, or fails in one of the ways that a sandbox and the locale data in it may fail."""

    def __init__(self, chance, dice):
        super().__init__()
        self._chance, self._dice = chance, dice
        self.well = False

    async def run(self, program, webhook):
        if not self.well and self._dice.random() < self._chance:
            how = self._dice.randrange(4)
            if how == 0:
                raise Unavailable("no process")
            if how == 1:
                raise OverflowError("year is out of range")
            if how == 2:
                return TransformFailed(AttemptError(FailureKind.INTERNAL, "No locale data."), (), 0.0)
            return object()  # nothing that anybody expects
        return Returned("POST", webhook.url, {}, "{}", False, (), 0.1)


class Failures:
    """Fails in place of a function of ours, by chance, until everything is well."""

    def __init__(self, dice):
        self._dice = dice
        self.well = False
        self.failed = Counter()

    def before(self, name, real, chance, *errors):
        def maybe(*given, **options):
            if not self.well and self._dice.random() < chance:
                self.failed[name] += 1
                raise self._dice.choice(errors)
            return real(*given, **options)

        return maybe


async def loopback(host):
    return ["127.0.0.1"]


SEEDS = range(int(os.environ.get("EVENT_SEEDS", "3")))


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_accepted_event_ends_where_a_person_sees_it(each_store, monkeypatch, seed):
    dice = random.Random(seed)
    monkeypatch.setattr(faults, "PAUSES", (10, 10))
    for module in (working_worker, recorder):
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(dispatching, "WITH_THE_CODE_SECONDS", 1.0)  # so that a lease runs out within the test
    clock = working_worker._now

    def jumping():
        """A wall clock that is set back and forth within what is let pass every day."""
        return clock() + dice.choice((0, 0, 0, -900, 900))

    monkeypatch.setattr(working_worker, "_now", jumping)
    source = a_source()
    await each_store.write(lambda tx: sources.insert(tx, source))
    store = Failing(each_store, 0.2, (Busy, RuntimeError, ValueError), dice, {"read", "write", "batch"})
    failures = Failures(dice)
    no_answer, no_files = socket.gaierror(socket.EAI_AGAIN, "again"), OSError(errno.EMFILE, "too many open files")
    resolve = failures.before("resolver", loopback, 0.4, no_answer, no_files, ValueError(), KeyError())
    decrypt = failures.before("vault", Vault.open, 0.03, Unreadable("no"), UnknownKey("no"), MemoryError())
    monkeypatch.setattr(Vault, "open", decrypt)
    for method in ("request", "response"):  # what is masked only after it was sent
        masked = failures.before("masker", getattr(Masker, method), 0.2, ValueError(), RecursionError())
        monkeypatch.setattr(Masker, method, masked)
    monkeypatch.setattr(Feed, "publish", failures.before("feed", Feed.publish, 0.2, RuntimeError()))
    courier = Courier(LOOPBACK, timeout=1.0, resolve=resolve)
    failing_courier = Failing(courier, 0.3, (KeyError, OSError, RecursionError), dice, {"send"})
    sandbox = FailingSandbox(0.4, dice)
    dispatcher = Dispatcher(sandbox=sandbox, courier=failing_courier, cards={})
    with capture_logs():
        async with receiving() as receiver:
            worker = Worker(store, Configuration(store), dispatcher, Feed(), drain=1.0)
            b = Bench(each_store, source, worker, Feed(), sandbox)
            quick = Controls(schedule=(0, 1_000))
            with_code = await b.endpoint(receiver.url("/1", host="a.test"), code="x", controls=quick)
            without = await b.endpoint(receiver.url("/2", host="b.test"), controls=quick)
            ordered = await b.endpoint(receiver.url("/3"), code="x", controls=Controls(schedule=(0,), ordered=True))
            await worker.start()
            try:
                sent = [await b.event() for _ in range(EVENTS)]

                async def all_tried():
                    worker.wake()
                    found = [one for message in sent for one in await b.deliveries(message)]
                    return sum(one.attempts > 0 or one.fault is not None for one in found) > len(found) // 2

                await until(all_tried, 20)
                # An outage is waited out, so it must end.
                store.well = failing_courier.well = sandbox.well = failures.well = True

                async def all_ended():
                    worker.wake()
                    found = [one for message in sent for one in await b.deliveries(message)]
                    return all(one.state is not DeliveryState.PENDING for one in found)

                await until(all_ended, 30)
            finally:
                await worker.stop()
                await courier.aclose()
            endpoint_urls = {one.id: one.url for one in (with_code, without, ordered)}
            for message in sent:
                made = await each_store.read(lambda tx, one=message: attempts.of_message(tx, one.id))
                for delivery in await b.deliveries(message):
                    own = [one for one in made if one.delivery_id == delivery.id]
                    assert sorted(one.number for one in own) == list(range(1, delivery.attempts + 1))
                    assert own, "ended without an attempt that a person sees"
                    path = urlsplit(endpoint_urls[delivery.endpoint_id]).path
                    sends = Counter(got.headers["webhook-id"] for got in receiver.got if got.line.split()[1] == path)
                    assert sends[message.webhook_id] <= len(own), "sent more often than a person sees"
                    if delivery.shown_state == "fault":
                        assert own[0].error and own[0].error.kind == FailureKind.INTERNAL
            assert {with_code.id, without.id, ordered.id} == {
                one.endpoint_id for message in sent for one in await b.deliveries(message)
            }
    assert store.failed and len(failures.failed) >= 2, failures.failed
