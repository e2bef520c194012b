"""A backtest runs two codes on stored events, sends nothing, keeps its report, and survives what happens to it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from builders import a_message, a_source, an_endpoint
from sqlalchemy import update
from working import CARD, until

from server.delivery import backtester as backtester_module
from server.delivery.backtester import Backtester
from server.delivery.feed import Feed
from server.domain.backtests import Backtest, BacktestState, EventSelection
from server.domain.comparisons import Difference
from server.domain.conditions import Condition, Operator
from server.domain.ids import BacktestId, CodeDraftId, MessageId, ProcessId, VersionId, mint
from server.domain.messages import Origin
from server.domain.versions import CodeDraft, Version
from server.sandbox import Limits, Sandbox
from server.store import (
    Busy,
    Store,
    backtests,
    deleted_endpoints,
    drafts,
    endpoints,
    messages,
    owners,
    sources,
    stored_events,
    versions,
)
from server.store.schema import backtests as backtest_rows

LIMITS = Limits(run_time=0.1, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=1.0)
ACTIVE = "function handler(w) { w.payload = {mail: w.payload.data.customer?.email ?? '', total: 1}; return w }"
THROWS_ON_NULL = "function handler(w) { w.payload = {mail: w.payload.data.customer.email, total: 1}; return w }"
LOOP = "function handler(w) { for (;;); }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(LIMITS)
    await started.start()
    yield started
    await started.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


class Shop:
    """An endpoint with active code, a draft of it, and stored events."""

    def __init__(self, store: Store, sandbox: Any) -> None:
        self.store, self.feed = store, Feed()
        self.source = a_source()
        self.owner = mint(ProcessId)
        self.backtester = Backtester(store, sandbox, {CARD.name: CARD}, self.feed, self.owner)

    async def opened(self, active: str | None = ACTIVE, **changes: Any) -> "Shop":
        self.endpoint = an_endpoint(self.source, active, **changes)

        def keep(tx: Any) -> None:
            sources.insert(tx, self.source)
            endpoints.insert(tx, self.endpoint)

        await self.store.write(keep)
        return self

    async def events(self, count: int, data: Any = None, **changes: Any) -> list[MessageId]:
        """Store events and return their ids; ``data(n)`` is the data of the payload."""
        now = time.time_ns() // 1_000_000
        found = [
            a_message(
                self.source,
                received_at=now,
                body=json.dumps({"data": data(n) if data else {"customer": {"email": f"a{n}@b.test"}}}).encode(),
                **changes,
            )
            for n in range(count)
        ]
        await self.store.write(lambda tx: messages.receive(tx, found))
        return [message.id for message in found]

    async def draft(self, code: str, **changes: Any) -> CodeDraft:
        values: dict[str, Any] = {"variables": None, "transforming": True, "base_version_id": None}
        values |= {"author": "ada", "created_at": 1} | changes
        draft = CodeDraft(mint(CodeDraftId), self.endpoint.id, 0, code, **values)
        return await self.store.write(lambda tx: drafts.save(tx, draft))

    async def begun(self, most: int = 1000, **changes: Any) -> Backtest:
        now = time.time_ns() // 1_000_000
        values: dict[str, Any] = {
            "id": mint(BacktestId),
            "endpoint_id": self.endpoint.id,
            "draft_id": None,
            "version_id": None,
            "former_version_id": self.endpoint.version.id if self.endpoint.version else None,
            "selection": EventSelection(most, 0, now + 10_000),
            "author": "ada",
            "created_at": now,
        }
        backtest = Backtest(**values | changes)
        await self.store.write(lambda tx: backtests.insert(tx, backtest))
        self.backtester.wake()
        return backtest

    async def stored(self, backtest: Backtest) -> Backtest:
        found = await self.store.read(lambda tx: backtests.get(tx, backtest.id))
        assert found
        return found

    async def ended(self, backtest: Backtest) -> Backtest:
        async def has_ended() -> bool:
            return (await self.stored(backtest)).ended_at is not None

        await until(has_ended)
        return await self.stored(backtest)

    async def result(self, code: str, most: int = 1000, **changes: Any) -> Backtest:
        """The ended backtest of a draft with this code."""
        draft = await self.draft(code, **changes)
        self.backtester.start()
        ended = await self.ended(await self.begun(most, draft_id=draft.id))
        await self.backtester.stop()
        return ended


@pytest.fixture
def shop(each_store: Store, sandbox: Sandbox) -> Shop:
    return Shop(each_store, sandbox)


async def test_a_throw_on_null_is_found_on_the_events_that_have_it(shop: Shop) -> None:
    await shop.opened()
    await shop.events(40)
    bad = await shop.events(3, lambda n: {"customer": None}, event_type="refund.succeeded")
    ended = await shop.result(THROWS_ON_NULL)
    assert (ended.state, ended.done, ended.total) == (BacktestState.DONE, 43, 43)
    assert ended.report.types["payment.succeeded"].counts == {Difference.SAME: 40}
    assert ended.report.types["refund.succeeded"].counts == {Difference.THROWS: 3}
    (group,) = ended.report.groups
    assert sorted(group.samples) == sorted(bad)
    assert group.error and group.error.message == "TypeError: Cannot read properties of null (reading 'email')"
    assert group.error.line == 1


async def test_equal_changes_are_one_group(shop: Shop) -> None:
    await shop.opened()
    await shop.events(300)
    ended = await shop.result(ACTIVE.replace("total: 1", "total: 2"))
    (group,) = ended.report.groups
    assert (group.difference, group.paths, group.count) == (Difference.CHANGED, ("total",), 300)


async def test_cancelled_and_sent_events_are_told_apart(shop: Shop) -> None:
    await shop.opened("function handler(w) { return w.payload.data.n % 2 ? null : w }")
    await shop.events(20, lambda n: {"n": n})
    ended = await shop.result("function handler(w) { return w.payload.data.n % 2 ? w : null }")
    assert ended.report.counts == {Difference.NEWLY_CANCELLED: 10, Difference.NEWLY_SENT: 10}


async def test_it_reads_the_newest_events_of_the_subscribed_types_that_pass_the_filter(shop: Shop) -> None:
    condition = Condition("data.n", Operator.BELOW, "100")
    await shop.opened(event_types=frozenset({"payment.succeeded", "refund.succeeded"}), conditions=(condition,))
    await shop.events(30, lambda n: {"n": n})
    await shop.events(30, lambda n: {"n": 100 + n})
    await shop.events(5, lambda n: {"n": n}, event_type="dispute.opened")
    await shop.events(5, lambda n: {"n": n}, origin=Origin.EXAMPLE)
    newest = await shop.events(10, lambda n: {"n": n}, event_type="refund.succeeded")
    ended = await shop.result("function handler(w) { w.payload = 1; return w }", most=25)
    assert (ended.done, ended.total) == (25, 25)
    assert {name: tally.total for name, tally in ended.report.types.items()} == {
        "payment.succeeded": 15,
        "refund.succeeded": 10,
    }
    assert set(ended.report.groups[0].samples) >= set(newest)


async def test_rare_types_are_found_far_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_events, "SCANNED", 7)
    await shop.opened(event_types=frozenset({"refund.succeeded"}))
    await shop.events(2, event_type="refund.succeeded")
    await shop.events(50)
    await shop.events(1, event_type="refund.succeeded")
    ended = await shop.result(ACTIVE)
    assert (ended.done, ended.total) == (3, 3)


async def test_a_time_range_leaves_out_what_came_before_and_after(shop: Shop) -> None:
    await shop.opened()
    await shop.events(3)
    await asyncio.sleep(0.005)
    since = time.time_ns() // 1_000_000
    await shop.events(4)
    await asyncio.sleep(0.005)
    until = time.time_ns() // 1_000_000
    await shop.events(5)
    draft = await shop.draft(ACTIVE)
    shop.backtester.start()
    begun = await shop.begun(draft_id=draft.id, selection=EventSelection(100, since, until))
    assert (await shop.ended(begun)).done == 4
    await shop.backtester.stop()


async def test_the_draft_runs_with_its_own_variables(shop: Shop) -> None:
    await shop.opened("const handler = w => ({...w, payload: w.env.COLOR})", variables={"COLOR": "red"})
    await shop.events(2)
    changed = await shop.result("const handler = w => ({...w, payload: w.env.COLOR})", variables={"COLOR": "blue"})
    assert changed.report.counts == {Difference.CHANGED: 2}


async def test_secrets_are_masked_in_what_is_kept(shop: Shop) -> None:
    secrets = {"API_KEY": "sk_live_0123456789abcdef"}
    await shop.opened("const handler = w => w", variables=secrets)
    await shop.events(2)
    code = "const handler = w => { throw new Error('no: ' + w.env.API_KEY + w.env.NEW_KEY) }"
    ended = await shop.result(code, variables=secrets | {"NEW_KEY": "sk_live_zyxw98765432"})
    assert ended.report.counts == {Difference.THROWS: 2}
    assert "sk_live" not in ended.report.dump()


async def test_both_codes_read_the_same_clock_and_chance(shop: Shop) -> None:
    code = "const handler = w => ({...w, payload: [Date.now(), Math.random(), crypto.randomUUID()]})"
    await shop.opened(code)
    await shop.events(20)
    assert (await shop.result(code + " ")).report.counts == {Difference.SAME: 20}


async def test_an_endpoint_without_code_is_compared_with_what_it_forwards(shop: Shop) -> None:
    await shop.opened(None)
    await shop.events(3)
    ended = await shop.result("const handler = w => { w.headers.a = '1'; return w }")
    (group,) = ended.report.groups
    assert group.paths == ("@header:a", "@order")


async def test_a_version_is_tested_too(shop: Shop) -> None:
    await shop.opened()
    await shop.events(3)
    version = Version(mint(VersionId), shop.endpoint.id, 0, THROWS_ON_NULL, 1)
    await shop.store.write(lambda tx: versions.insert(tx, version))
    shop.backtester.start()
    ended = await shop.ended(await shop.begun(version_id=version.id))
    await shop.backtester.stop()
    assert ended.report.counts == {Difference.SAME: 3}


async def test_code_that_loops_is_given_up(shop: Shop) -> None:
    await shop.opened()
    await shop.events(200)
    ended = await shop.result(LOOP)
    assert ended.state is BacktestState.FAILED
    assert "ran out of time" in str(ended.reason)
    assert ended.done < 30


async def test_a_person_stops_it_while_code_loops(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtester_module, "PROGRESS_SECONDS", 0.05)
    await shop.opened()
    await shop.events(50)
    draft = await shop.draft(LOOP)
    shop.backtester.start()
    backtest = await shop.begun(draft_id=draft.id)
    await until(lambda: shop.store.read(lambda tx: backtests.running(tx, shop.endpoint.id)))
    await shop.store.write(lambda tx: backtests.ask_to_stop(tx, backtest.id, 1))
    assert (await shop.ended(backtest)).state is BacktestState.STOPPED
    await shop.backtester.stop()


async def test_one_that_waits_is_stopped_at_once(shop: Shop) -> None:
    await shop.opened()
    backtest = await shop.begun(version_id=shop.endpoint.version.id)  # type: ignore[union-attr]
    assert await shop.store.write(lambda tx: backtests.ask_to_stop(tx, backtest.id, 1))
    assert (await shop.stored(backtest)).state is BacktestState.STOPPED
    assert not await shop.store.write(lambda tx: backtests.ask_to_stop(tx, backtest.id, 2))


async def test_progress_is_stored_and_a_stop_of_the_server_interrupts_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtester_module, "PROGRESS_SECONDS", 0.01)
    await shop.opened()
    await shop.events(20, lambda n: {"customer": {}})
    await shop.events(30, lambda n: {"customer": {}, "slow": True})
    await shop.events(20, lambda n: {"customer": {}})
    loop = "for (let i = 0; i < 3e6; i++);"
    code = f"function handler(w) {{ if (w.payload.data.slow) {{ {loop} }} return null }}"
    draft = await shop.draft(code)
    shop.backtester.start()
    backtest = await shop.begun(draft_id=draft.id)

    async def has_some() -> bool:
        return (await shop.stored(backtest)).done > 0

    await until(has_some)
    assert (await shop.stored(backtest)).total == 70
    await shop.backtester.stop()
    ended = await shop.ended(backtest)
    assert ended.state is BacktestState.INTERRUPTED
    assert 0 < ended.done == ended.report.events < 70


async def test_one_whose_process_died_ends_as_interrupted(shop: Shop) -> None:
    await shop.opened()
    backtest = await shop.begun(version_id=shop.endpoint.version.id)  # type: ignore[union-attr]
    dead = mint(ProcessId)
    await shop.store.write(lambda tx: backtests.claim(tx, dead, 1))
    shop.backtester.start()
    assert (await shop.ended(backtest)).state is BacktestState.INTERRUPTED
    await shop.backtester.stop()


async def test_two_backtests_of_two_endpoints_both_end(shop: Shop) -> None:
    await shop.opened()
    await shop.events(10)
    other = an_endpoint(shop.source, ACTIVE)
    await shop.store.write(lambda tx: endpoints.insert(tx, other))
    stored = [Version(mint(VersionId), each.id, 0, ACTIVE + " ", 1) for each in (shop.endpoint, other)]
    await shop.store.write(lambda tx: [versions.insert(tx, each) for each in stored])
    begun = [
        await shop.begun(endpoint_id=each.endpoint_id, version_id=each.id, former_version_id=None) for each in stored
    ]
    shop.backtester.start()
    assert {(await shop.ended(each)).state for each in begun} == {BacktestState.DONE}
    await shop.backtester.stop()


async def test_what_is_not_there_any_more_is_said(shop: Shop) -> None:
    await shop.opened()
    shop.backtester.start()
    ended = await shop.ended(await shop.begun(draft_id=mint(CodeDraftId)))
    await shop.backtester.stop()
    assert (ended.state, "does not exist" in str(ended.reason)) == (BacktestState.FAILED, True)


@asynccontextmanager
async def living(store: Store, owner: ProcessId) -> AsyncIterator[None]:
    """Another process's lock on its name."""
    other = Store.open(store._engine.url.render_as_string(hide_password=False))
    try:
        await other.write(lambda tx: owners.living(tx, owner))
        yield
    finally:
        other.close()


async def test_one_that_another_process_runs_is_left_to_it(postgres_url: str, sandbox: Sandbox) -> None:
    store = Store.open(postgres_url)
    shop = await Shop(store, sandbox).opened()
    backtest = await shop.begun(version_id=shop.endpoint.version.id)  # type: ignore[union-attr]
    other = mint(ProcessId)
    async with living(store, other):
        assert await store.write(lambda tx: backtests.claim(tx, other, 1))
        assert await store.write(lambda tx: backtests.claim(tx, shop.owner, 1)) is None
        assert await store.write(lambda tx: backtests.interrupt(tx, shop.owner, 1, alone=False)) == 0
        assert (await shop.stored(backtest)).state is BacktestState.RUNNING
    await until(lambda: store.write(lambda tx: backtests.interrupt(tx, shop.owner, 1, alone=False)))
    assert (await shop.stored(backtest)).state is BacktestState.INTERRUPTED
    store.close()


async def test_only_the_newest_backtests_are_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "KEPT", 3)
    await shop.opened()
    for _ in range(6):
        begun = await shop.begun(version_id=mint(VersionId))
        await shop.store.write(lambda tx, one=begun: backtests.ask_to_stop(tx, one.id, 1))  # type: ignore[misc]
    assert len(await shop.store.read(lambda tx: backtests.history(tx, shop.endpoint.id))) <= 4


async def test_it_ends_when_its_endpoint_is_removed_meanwhile(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtester_module, "PROGRESS_SECONDS", 0.01)
    await shop.opened()
    await shop.events(50)
    draft = await shop.draft(LOOP)
    shop.backtester.start()
    await shop.begun(draft_id=draft.id)
    await until(lambda: shop.store.read(lambda tx: backtests.running(tx, shop.endpoint.id)))
    await shop.store.write(lambda tx: deleted_endpoints.remove(tx, shop.endpoint.id, 1))

    async def ended() -> bool:
        return not await shop.store.read(lambda tx: backtests.running(tx, shop.endpoint.id))

    await until(ended)
    # The next one of another endpoint runs, so this one has ended.
    other = an_endpoint(shop.source, ACTIVE)
    version = Version(mint(VersionId), other.id, 0, ACTIVE + " ", 1)
    await shop.store.write(lambda tx: [endpoints.insert(tx, other), versions.insert(tx, version)])
    begun = await shop.begun(1, endpoint_id=other.id, version_id=version.id, former_version_id=None)
    assert (await shop.ended(begun)).state is BacktestState.DONE
    await shop.backtester.stop()


async def test_a_database_that_fails_meanwhile_interrupts_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> bool:
        raise Busy("full")

    monkeypatch.setattr(backtester_module, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(backtests, "keep_progress", busy)
    await shop.opened()
    await shop.events(5)
    assert (await shop.result(ACTIVE + " ")).state is BacktestState.INTERRUPTED


async def test_a_report_that_cannot_be_read_leaves_the_rest(shop: Shop) -> None:
    await shop.opened()
    await shop.events(3)
    ended = await shop.result(ACTIVE.replace("total: 1", "total: 2"))
    await shop.store.write(lambda tx: tx.execute(update(backtest_rows).values(report="{")))
    stored = await shop.stored(ended)
    assert (stored.state, stored.done, stored.report.events) == (BacktestState.DONE, 3, 0)
