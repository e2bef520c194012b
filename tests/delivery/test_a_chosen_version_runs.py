"""A delivery runs the version that a person chose for it: in its retries too, and after a crash."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from builders import a_message, an_endpoint
from claiming import claim_due
from receivers import answering, receiving
from working import until, working

from server.delivery import configuration as module
from server.delivery.configuration import Configuration
from server.delivery.recovery import Recovery
from server.delivery.replayer import Replayer
from server.domain.endpoints import Controls
from server.domain.ids import ReplayId, VersionId, mint
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState, Trigger
from server.domain.reasons import because
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.domain.transformations import FailureKind, Returned, TransformFailed
from server.domain.versions import MissingVersion, Version
from server.store import (
    Store,
    deleted_endpoints,
    deliveries,
    endpoints,
    messages,
    replay_matches,
    replays,
    stopping,
    versions,
)

HOUR = 3_600_000
REJECTED = b"HTTP/1.1 500 no\r\ncontent-length: 2\r\n\r\nno"


class Echo:
    """Replaces the sandbox: the payload is the code itself and a variable. Code that says ``broken`` throws."""

    async def run(self, program, webhook):
        if "broken" in program.code:
            error = AttemptError(FailureKind.THREW, "broken", line=2, column=1, source_line="broken")
            return TransformFailed(error, (), 1.0)
        said = {"code": program.code, "region": webhook.env.get("region", "")}
        return Returned("POST", webhook.url, {}, json.dumps(said), False, (), 1.0)


@asynccontextmanager
async def served(store, *, answer=None, start=True, **changes):
    """A worker, a receiver and an endpoint with versions 1, 2 and 3, of which 3 is active."""
    answers = (answer,) if answer else ()
    async with receiving(*answers) as receiver, working(store, Echo(), start=start) as b:
        endpoint = await b.endpoint(receiver.url(), code="one", **changes)
        known = [endpoint.version]

        def next_ones(tx):
            for code in ("two", "three"):
                known.append(versions.insert(tx, Version(mint(VersionId), endpoint.id, 0, code, b.now())))
            endpoints.change(tx, replace(endpoint, version=known[-1]))

        await store.write(next_ones)
        b.receiver, b.known, b.hook = receiver, known, replace(endpoint, version=known[-1])
        yield b


async def resend(b, delivery, version=None):
    version_id = version.id if version else None
    assert await b.store.write(lambda tx: deliveries.resend(tx, delivery.id, b.now(), version_id))
    b.worker.wake()


async def replayed(b, kind, version=None, *, stop=False):
    """A replay that has ended."""
    selection = Selection(kind, b.now() - HOUR, b.now() + HOUR)
    replay = Replay(
        mint(ReplayId), b.source.id, b.hook.id, selection, version.id if version else None, None, 0, False, 0,
        selection.start, ReplayState.RUNNING, "ada", b.now(), pinned=version is not None,
    )  # fmt: skip
    await b.store.write(lambda tx: replays.insert(tx, replay))
    replayer = Replayer(b.store, b.worker, b.feed)
    replayer.start()
    try:

        async def done():
            found = await b.store.read(lambda tx: replays.get(tx, replay.id))
            return found.state is ReplayState.DONE

        await until(done)
    finally:
        await replayer.stop()
    return replay


def sent(b):
    """The code that made each request, in order."""
    return [json.loads(got.body)["code"] for got in b.receiver.got]


async def ran(b, message):
    """The numbers of the versions that the attempts ran, oldest first."""
    numbers = {version.id: version.number for version in b.known}
    return [numbers.get(attempt.version_id) for attempt in await b.attempts(message)]


async def test_a_resend_runs_the_chosen_version_and_the_next_one_the_active_one_again(each_store):
    async with served(each_store) as b:
        message = await b.event()
        [delivery] = await b.ended(message)
        await resend(b, delivery, b.known[0])
        await b.attempted(message, 2)
        [chosen] = await b.ended(message)
        assert chosen.version_id == b.known[0].id
        await resend(b, delivery)
        await b.attempted(message, 3)
        [cleared] = await b.ended(message)
    assert sent(b) == ["three", "one", "three"]
    assert await ran(b, message) == [3, 1, 3]
    assert cleared.version_id is None


async def test_its_retries_run_it_too_and_a_version_activated_meanwhile_does_not_matter(each_store):
    async with served(each_store, answer=answering(REJECTED), controls=Controls(schedule=(0, 30, 30))) as b:
        message = await b.event()
        [delivery] = await b.ended(message)
        await resend(b, delivery, b.known[1])
        await b.attempted(message, 4)
        await each_store.write(lambda tx: endpoints.change(tx, replace(b.hook, version=b.known[0])))
        await b.attempted(message, 6)
        [after] = await b.ended(message)
    assert await ran(b, message) == [3, 3, 3, 2, 2, 2]
    assert (after.state, after.version_id) == (DeliveryState.FAILED, b.known[1].id)


async def test_it_runs_while_the_transformation_is_off_and_with_the_variables_and_url_of_now(each_store):
    async with served(each_store, transforming=False, variables={"region": "eu"}) as b:
        message = await b.event()
        [delivery] = await b.ended(message)
        moved = replace(b.hook, transforming=False, variables={"region": "us"}, url=b.receiver.url("/moved"))
        await each_store.write(lambda tx: endpoints.change(tx, moved))
        await resend(b, delivery, b.known[0])
        await b.attempted(message, 2)
        plain, run = await b.attempts(message)
    assert (plain.version_id, run.version_id) == (None, b.known[0].id)
    assert json.loads(b.receiver.got[1].body) == {"code": "one", "region": "us"}
    assert b.receiver.got[1].line == "POST /moved HTTP/1.1"


async def test_parked_deliveries_run_the_active_version_or_the_chosen_one(each_store):
    async with served(each_store) as b:
        broken = await b.store.write(
            lambda tx: versions.insert(tx, Version(mint(VersionId), b.hook.id, 0, "broken", b.now()))
        )
        await each_store.write(lambda tx: endpoints.change(tx, replace(b.hook, version=broken)))
        first, second = await b.event(), await b.event()
        for message in (first, second):
            [parked] = await b.ended(message)
            assert parked.state is DeliveryState.TRANSFORM_FAILED
        run = await replayed(b, ReplayKind.PARKED, b.known[1])
        assert sent(b) == ["two", "two"]
        [again] = await b.deliveries(first)
        assert (again.state, again.version_id) == (DeliveryState.SUCCEEDED, b.known[1].id)
        stored = await b.store.read(lambda tx: replays.get(tx, run.id))
        assert (stored.pinned, stored.version_id) == (True, b.known[1].id)
        await each_store.write(lambda tx: endpoints.change(tx, b.hook))
        await replayed(b, ReplayKind.BULK)
        [cleared] = await b.deliveries(first)
    assert sent(b) == ["two", "two", "three", "three"]
    assert cleared.version_id is None


async def test_a_replay_of_what_is_missing_makes_deliveries_that_run_the_chosen_version(each_store):
    async with served(each_store) as b:
        early = a_message(b.source, received_at=b.now())
        await b.store.write(lambda tx: endpoints.change(tx, replace(b.hook, disabled=True)))
        await b.store.write(lambda tx: messages.receive(tx, [early]))
        assert await b.deliveries(early) == []
        await b.store.write(lambda tx: endpoints.change(tx, b.hook))
        await replayed(b, ReplayKind.MISSING, b.known[0])
        [made] = await b.deliveries(early)
    assert (made.state, made.version_id) == (DeliveryState.SUCCEEDED, b.known[0].id)
    assert sent(b) == ["one"]


async def test_what_a_stopped_replay_gives_back_has_no_chosen_version(each_store):
    async with served(each_store) as b:
        message = await b.event()
        [delivery] = await b.ended(message)
        await each_store.write(lambda tx: endpoints.change(tx, replace(b.hook, paused=True)))
        for stops in (
            lambda tx, run: replays.stop(tx, run.id, ReplayState.STOPPED, b.now()),
            lambda tx, run: stopping.stop_one(tx, delivery.id, b.hook.id, b.now()),
        ):
            selection = Selection(ReplayKind.BULK, b.now() - HOUR, b.now() + HOUR)
            run = Replay(
                mint(ReplayId), b.source.id, b.hook.id, selection, b.known[0].id, None, 1, False, 0,
                selection.start, ReplayState.RUNNING, "ada", b.now(), pinned=True,
            )  # fmt: skip

            def begin(tx, run=run):
                replays.insert(tx, run)
                [match] = replay_matches.walk(tx, b.hook, run.selection, run.cursor, 10).matches
                assert replays.advance(tx, run, [match], [b.now()], run.selection.end, b.now())

            await each_store.write(begin)
            [due] = await b.deliveries(message)
            assert (due.state, due.version_id) == (DeliveryState.PENDING, b.known[0].id)
            assert await each_store.write(lambda tx, run=run, stops=stops: stops(tx, run))
            [back] = await b.deliveries(message)
            assert (back.state, back.version_id) == (DeliveryState.SUCCEEDED, None)
    assert sent(b) == ["three"]


async def test_a_process_that_starts_runs_the_version_of_what_a_killed_one_had_leased(each_store):
    async with served(each_store, start=False) as b:
        message = await b.event()
        [delivery] = await b.deliveries(message)
        await resend(b, delivery, b.known[1])
        await each_store.write(lambda tx: claim_due(tx, "wrk_dead", b.now(), b.now() + HOUR))
        recovery = Recovery(each_store, b.worker)
        await recovery.start()
        await b.worker.start()
        await b.ended(message)
        await recovery.stop()
    assert await ran(b, message) == [2]


async def test_another_process_runs_it_when_the_lease_has_run_out(each_store):
    async with served(each_store, start=False) as b:
        message = await b.event()
        [delivery] = await b.deliveries(message)
        await resend(b, delivery, b.known[1])
        long_ago = b.now() + 1
        [claimed] = await each_store.write(lambda tx: claim_due(tx, "wrk_dead", long_ago, long_ago))
        assert claimed.delivery.version_id == b.known[1].id
        await b.worker.start()
        await b.ended(message)
    assert await ran(b, message) == [2]


async def test_a_fault_of_ours_keeps_it(each_store, monkeypatch):
    monkeypatch.setattr("server.domain.faults.PAUSES", (10,))
    failures = iter([RuntimeError("ours"), None])

    class FailsOnce(Echo):
        async def run(self, program, webhook):
            if failure := next(failures, None):
                raise failure
            return await super().run(program, webhook)

    async with served(each_store, start=False) as b:
        b.worker._dispatcher._sandbox = FailsOnce()
        message = await b.event()
        [delivery] = await b.deliveries(message)
        await resend(b, delivery, b.known[0])
        await b.worker.start()
        await b.ended(message)
    assert await ran(b, message) == [1]


async def test_a_paused_endpoint_runs_it_when_it_is_resumed(each_store):
    async with served(each_store) as b:
        message = await b.event()
        [delivery] = await b.ended(message)
        await each_store.write(lambda tx: endpoints.change(tx, replace(b.hook, paused=True)))
        await resend(b, delivery, b.known[0])
        [waits] = await b.deliveries(message)
        assert (waits.state, waits.version_id) == (DeliveryState.PENDING, b.known[0].id)
        await each_store.write(lambda tx: endpoints.change(tx, b.hook))
        await b.attempted(message, 2)
    assert await ran(b, message) == [3, 1]


async def test_in_an_ordered_endpoint_each_delivery_runs_its_own_version(each_store):
    async with served(each_store, start=False, controls=Controls(ordered=True)) as b:
        first, second, third = [await b.event() for _ in range(3)]
        [delivery] = await b.deliveries(second)
        await resend(b, delivery, b.known[0])
        await b.worker.start()
        for message in (first, second, third):
            await b.ended(message)
    assert sent(b) == ["three", "one", "three"]


@pytest.mark.parametrize("whose", ["another endpoint's", "nobody's"])
async def test_a_version_that_is_not_the_endpoints_parks_the_delivery_and_sends_nothing(each_store, whose):
    async with served(each_store) as b:
        message = await b.event()
        [delivery] = await b.ended(message)
        other = an_endpoint(b.source, code="theirs", disabled=True)
        await each_store.write(lambda tx: endpoints.insert(tx, other))
        unknown = Version(mint(VersionId), b.hook.id, 9, "", 0)
        await resend(b, delivery, other.version if whose == "another endpoint's" else unknown)
        await b.attempted(message, 2)
        [parked] = await b.ended(message)
        _, fault = await b.attempts(message)
    assert sent(b) == ["three"]
    assert parked.state is DeliveryState.TRANSFORM_FAILED and parked.shown_state == "fault"
    assert (fault.outcome, fault.trigger) == (AttemptOutcome.FAULT, Trigger.RESEND)
    assert fault.error.cause == because("fault_version_missing")


async def test_a_deleted_endpoint_gets_nothing(each_store):
    async with served(each_store, start=False) as b:
        message = await b.event()
        [delivery] = await b.deliveries(message)
        await resend(b, delivery, b.known[0])

        def delete(tx):
            deliveries.stop_all_of_endpoint(tx, b.hook.id, b.now())
            deleted_endpoints.remove(tx, b.hook.id, b.now())

        await each_store.write(delete)
        assert not await each_store.write(lambda tx: deliveries.resend(tx, delivery.id, b.now(), b.known[0].id))
        await b.worker.start()
        [stopped] = await b.ended(message)
    assert stopped.state is DeliveryState.STOPPED
    assert sent(b) == []


async def test_few_versions_are_kept_in_memory_and_each_is_read_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_VERSIONS", 2)
    async with served(store, start=False) as b:
        configuration = Configuration(store)
        one, two, three = b.known
        first = await configuration.version(b.hook.id, one.id)
        assert first == one and await configuration.version(b.hook.id, one.id) is first
        await configuration.version(b.hook.id, two.id)
        await configuration.version(b.hook.id, one.id)
        await configuration.version(b.hook.id, three.id)
        assert await configuration.version(b.hook.id, one.id) is first
        assert len(configuration._versions) == 2
        other = an_endpoint(b.source)
        with pytest.raises(MissingVersion):
            await configuration.version(other.id, one.id)
