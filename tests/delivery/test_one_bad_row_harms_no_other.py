"""A row that cannot be read, or a filter that raises, ends where a person sees it, and what is beside it goes on."""

import pytest
from receivers import receiving
from sqlalchemy import update
from structlog.testing import capture_logs
from working import until, working

from server.delivery import replayer as replaying
from server.delivery.replayer import Replayer
from server.domain import faults, notification_settings
from server.domain.conditions import Condition, Filter, Operator
from server.domain.ids import ReplayId, mint
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.operational_event_types import ENDPOINT_RECOVERED, HOOKBENCH_FAULT
from server.domain.operational_events import Occurrence
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.store import messages, notifications, operational_events, options, replays
from server.store.schema import endpoints as endpoint_table
from server.store.schema import notices as notice_table


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(faults, "PAUSES", (20, 20))
    monkeypatch.setattr(replaying, "STEP_SECONDS", 0.02)
    with capture_logs():
        yield


ONLY_EUR = (Condition("data.currency", Operator.EQUALS, "EUR"),)


async def test_a_filter_that_raises_parks_its_delivery_and_no_other(each_store, monkeypatch):
    fits = Filter.fits

    def raises(self, payload):
        if self._tests:
            raise RecursionError
        return fits(self, payload)

    monkeypatch.setattr(Filter, "fits", raises)
    async with receiving() as receiver, working(each_store) as b:
        bad = await b.endpoint(receiver.url(), conditions=ONLY_EUR)
        good = await b.endpoint(receiver.url())
        message = await b.event()
        found = {one.endpoint_id: one.shown_state for one in await b.ended(message, 2)}
        outcomes = {one.endpoint_id: one.outcome for one in await b.attempts(message)}
        [notice] = await b.store.read(lambda tx: operational_events.page(tx, b.source.id))
    assert found == {bad.id: "fault", good.id: "succeeded"}
    assert outcomes == {bad.id: AttemptOutcome.FAULT, good.id: AttemptOutcome.SUCCEEDED}
    assert notice.type is HOOKBENCH_FAULT
    assert len(receiver.got) == 1


@pytest.mark.parametrize("column", ["conditions", "event_types", "schedule"])
async def test_an_endpoint_that_cannot_be_read_does_not_refuse_the_event(each_store, column):
    async with receiving() as receiver, working(each_store) as b:
        bad = await b.endpoint(receiver.url())
        good = await b.endpoint(receiver.url())
        await b.store.write(
            lambda tx: tx.execute(
                update(endpoint_table).where(endpoint_table.c.id == bad.id).values({column: "[not json"})
            )
        )
        assert await b.store.read(messages.filters) in ({}, {b.source.id: []})
        message = await b.event()
        found = {one.endpoint_id: one.shown_state for one in await b.ended(message, 2)}
    assert found == {bad.id: "fault", good.id: "succeeded"}


async def a_replay(b, endpoint):
    selection = Selection(ReplayKind.BULK, 0, b.now() + 1_000, None, frozenset({DeliveryState.SUCCEEDED}))
    run = Replay(
        id=mint(ReplayId), source_id=b.source.id, endpoint_id=endpoint.id, selection=selection, version_id=None,
        rate=None, total=1, more=False, begun=0, cursor=selection.start, state=ReplayState.RUNNING, user_name="ada",
        created_at=b.now(), ended_at=None,
    )  # fmt: skip
    await b.store.write(lambda tx: replays.insert(tx, run))
    return run


async def test_a_replay_that_fails_again_and_again_is_stopped_and_holds_up_no_other(each_store, monkeypatch):
    async with receiving() as receiver, working(each_store) as b:
        bad, good = await b.endpoint(receiver.url()), await b.endpoint(receiver.url())
        message = await b.event()
        await b.ended(message, 2)
        poisoned, healthy = await a_replay(b, bad), await a_replay(b, good)
        find = replaying._find

        def fails(tx, replay, *rest):
            if replay.id == poisoned.id:
                raise ZeroDivisionError
            return find(tx, replay, *rest)

        monkeypatch.setattr(replaying, "_find", fails)
        runs = Replayer(b.store, b.worker, b.feed)
        runs.start()

        async def ended():
            found = [await b.store.read(lambda tx, one=one: replays.get(tx, one.id)) for one in (poisoned, healthy)]
            return [one.state for one in found] == [ReplayState.STOPPED, ReplayState.DONE]

        await until(ended)
        await runs.stop()
        [notice] = await b.store.read(lambda tx: operational_events.page(tx, b.source.id))
    assert (notice.type, notice.detail["about"]) == (HOOKBENCH_FAULT, "replay")
    assert len(receiver.got) == 3


async def test_a_notice_that_cannot_be_read_is_told_as_failed_and_shown_as_such(each_store):
    async with working(each_store) as b:
        await b.endpoint("https://a.example/")

        def make(tx):
            options.set_alerts(
                tx, notification_settings.NotificationSettings(webhook_url="https://a.example/"), b.now()
            )
            at = b.now()
            ids = []
            for subject in ("one", "two"):
                [endpoint] = tx.execute(endpoint_table.select()).mappings().all()
                ids.append(
                    operational_events.add(
                        tx, Occurrence(ENDPOINT_RECOVERED, b.source.id, endpoint["id"], at, None, subject)
                    )
                )
            tx.execute(update(notice_table).where(notice_table.c.id == ids[0]).values(detail="{not json"))
            return ids

        spoiled, fine = await b.store.write(make)
        assert [one.id for one in await b.store.read(lambda tx: operational_events.page(tx, b.source.id))] == [fine]
        found = await b.store.read(lambda tx: operational_events.by_ids(tx, [spoiled, fine]))
        assert set(found) == {fine}
        due = await b.store.read(notifications.next_due)
        assert due is not None and due <= b.now()
