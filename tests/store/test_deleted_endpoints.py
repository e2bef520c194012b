"""A deleted endpoint is in no list and gets nothing, keeps all that restores it, and is erased after 30 days."""

from builders import NOW, SECRET, a_message, a_source, an_endpoint
from sqlalchemy import delete

from server.delivery.retention import Retention
from server.domain.audit import AuditAction
from server.domain.backtests import Backtest, BacktestState, EventSelection
from server.domain.endpoints import Endpoint
from server.domain.ids import BacktestId, CodeDraftId, DeliveryId, Millis, ReplayId, ShadowId, mint
from server.domain.messages import DeliveryState, Message, StoppedBecause
from server.domain.pulled import Fingerprints
from server.domain.replays import Replay, ReplayKind, ReplayState, Selection
from server.domain.shadows import Shadow, ShadowState
from server.domain.sources import Source
from server.domain.versions import CodeDraft
from server.store import (
    Store,
    Transaction,
    audit,
    backtests,
    deleted_endpoints,
    deliveries,
    drafts,
    endpoints,
    messages,
    options,
    replays,
    retention,
    shadows,
    sources,
    stopping,
    test_cases,
)
from server.store.schema import deliveries as delivery_table
from server.store.schema import messages as message_table

DAY: Millis = 86_400_000
CODE = "function handler(webhook) {\n  return webhook;\n}\n"


async def a_full_endpoint(store: Store) -> tuple[Source, Endpoint]:
    """An endpoint with everything that a restored one must have."""
    source = a_source()
    endpoint = an_endpoint(
        source, CODE, name="Shop", credentials={"api_key": "k"}, headers={"X-Team": "a"}, variables={"A": "b"}
    )

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)

    await store.write(keep)
    return source, endpoint


async def stored(store: Store, endpoint: Endpoint) -> Endpoint | None:
    return await store.read(lambda tx: endpoints.get(tx, endpoint.id))


async def test_restoring_brings_back_what_deleting_took(each_store: Store) -> None:
    source, endpoint = await a_full_endpoint(each_store)

    assert await each_store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, NOW + 5))
    assert not await each_store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, NOW + 6))
    assert await stored(each_store, endpoint) is None
    assert await each_store.read(lambda tx: endpoints.of_source(tx, source.id)) == []
    assert await each_store.read(lambda tx: endpoints.count(tx, source.id)) == 0
    assert await each_store.read(lambda tx: endpoints.by_ids(tx, [endpoint.id])) == {}
    assert await each_store.read(lambda tx: endpoints.names(tx, {}, [endpoint.id])) == {endpoint.id: "Shop"}
    [kept] = await each_store.read(lambda tx: deleted_endpoints.page(tx, source.id))
    assert (kept.endpoint.credentials, kept.endpoint.secret, kept.deleted_at) == ({"api_key": "k"}, SECRET, NOW + 5)

    assert await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW + 9))
    assert not await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW + 9))
    found = await stored(each_store, endpoint)
    assert found is not None
    assert found.updated_at == NOW + 9
    assert (found.version, found.credentials, found.variables, found.secret, found.disabled) == (
        endpoint.version, endpoint.credentials, endpoint.variables, SECRET, False,
    )  # fmt: skip
    assert await each_store.read(lambda tx: deleted_endpoints.page(tx, source.id)) == []


async def test_a_message_makes_no_delivery_to_a_deleted_endpoint(each_store: Store) -> None:
    source, endpoint = await a_full_endpoint(each_store)
    before, meanwhile = a_message(source), a_message(source)
    await each_store.batch(messages.receive, before)

    def delete(tx: Transaction) -> None:
        deleted_endpoints.remove(tx, endpoint.id, NOW)
        deliveries.stop_all_of_endpoint(tx, endpoint.id, NOW)

    await each_store.write(delete)
    await each_store.batch(messages.receive, meanwhile)
    await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW))

    [stopped] = (await each_store.read(lambda tx: messages.of_messages(tx, [before.id])))[before.id]
    assert stopped.state is DeliveryState.STOPPED
    assert not (await each_store.read(lambda tx: messages.of_messages(tx, [meanwhile.id]))).get(meanwhile.id)
    assert await each_store.write(lambda tx: deliveries.resend(tx, DeliveryId(stopped.id), NOW))


async def test_the_deliveries_that_deleting_stopped_are_pending_again_and_no_others(each_store: Store) -> None:
    source, endpoint = await a_full_endpoint(each_store)
    by_hand, kept, pruned = a_message(source), a_message(source), a_message(source)
    for message in (by_hand, kept, pruned):
        await each_store.batch(messages.receive, message)
    found = await each_store.read(lambda tx: messages.of_messages(tx, [by_hand.id, kept.id, pruned.id]))
    ids = {of: found[of.id][0].id for of in (by_hand, kept, pruned)}
    await each_store.write(lambda tx: stopping.stop_one(tx, ids[by_hand], endpoint.id, NOW))

    async def due() -> dict[DeliveryId, Millis | None]:
        every = [await each_store.read(lambda tx, of=each: deliveries.get(tx, of)) for each in ids.values()]  # type: ignore[misc]
        return {one.id: one.due_at for one in every if one and one.state is DeliveryState.PENDING}

    was_due = await due()
    for turn in range(2):  # whoever deletes and restores twice loses nothing either
        await each_store.write(lambda tx: delete_with_deliveries(tx, endpoint))
        assert await due() == {}
        if turn == 0:
            await each_store.write(lambda tx: forget(tx, pruned))
        assert await each_store.write(lambda tx: deliveries.resume_all_of_restored(tx, endpoint.id, NOW + DAY)) == 1
        assert await each_store.write(lambda tx: deliveries.resume_all_of_restored(tx, endpoint.id, NOW + DAY)) == 0
        await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW))
        assert await due() == {ids[kept]: was_due[ids[kept]]}


def delete_with_deliveries(tx: Transaction, endpoint: Endpoint) -> None:
    deleted_endpoints.remove(tx, endpoint.id, NOW)
    deliveries.stop_all_of_endpoint(tx, endpoint.id, NOW, StoppedBecause.DELETED)


def forget(tx: Transaction, message: Message) -> None:
    """Delete the message as retention does."""
    tx.execute(delete(delivery_table).where(delivery_table.c.message_id == message.id))
    tx.execute(delete(message_table).where(message_table.c.id == message.id))


async def test_it_is_erased_after_thirty_days_even_when_events_are_kept_for_ever(each_store: Store) -> None:
    _, endpoint = await a_full_endpoint(each_store)
    await each_store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, NOW))

    await Retention(each_store, 0).clean(NOW + 30 * DAY - 1)
    assert await each_store.read(lambda tx: deleted_endpoints.get(tx, endpoint.id))

    await Retention(each_store, 0).clean(NOW + 30 * DAY + 1)
    assert await each_store.read(lambda tx: deleted_endpoints.get(tx, endpoint.id)) is None
    assert not await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW))
    assert await each_store.read(lambda tx: endpoints.names(tx, {}, [endpoint.id])) == {endpoint.id: "Shop"}
    assert await each_store.read(lambda tx: test_cases.of_endpoint(tx, endpoint.id)) == []
    assert await each_store.read(lambda tx: drafts.current(tx, endpoint.id)) is None
    assert await each_store.read(lambda tx: options.pushed(tx, endpoint.id)) is None
    [erased] = await each_store.read(lambda tx: audit.page(tx, endpoint.id))
    assert (erased.action, erased.author) == (AuditAction.ERASED, "")


async def test_the_audit_trail_is_paged_and_kept_for_a_year(each_store: Store) -> None:
    _, endpoint = await a_full_endpoint(each_store)

    def keep(tx: Transaction) -> None:
        for number in range(3):
            audit.add(tx, endpoint.id, AuditAction.EDITED, f"ada{number}", NOW, {"fields": ["url"]})

    await each_store.write(keep)
    newest = await each_store.read(lambda tx: audit.page(tx, endpoint.id, limit=2))
    assert [each.author for each in newest] == ["ada2", "ada1"]
    [last] = await each_store.read(lambda tx: audit.page(tx, endpoint.id, newest[-1].id))
    assert (last.author, last.details) == ("ada0", {"fields": ["url"]})

    await Retention(each_store, 0).clean(last.created_at)
    assert len(await each_store.read(lambda tx: audit.page(tx, endpoint.id))) == 3
    later = int(1e15)
    step = await each_store.write(lambda tx: retention.prune_audit(tx, later, cursor="", limit=2))
    assert (step.deleted, step.done) == (2, False)
    step = await each_store.write(lambda tx: retention.prune_audit(tx, later, cursor=step.cursor, limit=2))
    assert (step.deleted, step.done) == (1, True)


async def test_drafts_cases_and_pushes_survive_and_a_shadow_and_a_backtest_end(each_store: Store) -> None:
    _, endpoint = await a_full_endpoint(each_store)
    assert endpoint.version
    version_id = endpoint.version.id
    draft = CodeDraft(mint(CodeDraftId), endpoint.id, 0, CODE + "//", {"A": "secret"}, True, version_id, "ada", NOW)
    shadow = Shadow(mint(ShadowId), endpoint.id, version_id, None, NOW + DAY, "ada", NOW)
    backtest = Backtest(mint(BacktestId), endpoint.id, None, version_id, None, EventSelection(10), "ada", NOW)
    pushed = Fingerprints("c", "s", {})

    def keep(tx: Transaction) -> None:
        drafts.save(tx, draft)
        shadows.insert(tx, shadow)
        backtests.insert(tx, backtest)
        options.set_pushed(tx, endpoint.id, pushed, NOW)

    await each_store.write(keep)
    await each_store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, NOW))
    assert await each_store.read(lambda tx: shadows.running(tx, endpoint.id)) is None
    asked = await each_store.read(lambda tx: backtests.get(tx, backtest.id))
    assert asked is None or asked.stopping or asked.state is not BacktestState.RUNNING
    await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW))

    found = await stored(each_store, endpoint)
    saved = await each_store.read(lambda tx: drafts.current(tx, endpoint.id))
    assert found is not None and saved is not None
    assert (found.draft_id, saved.variables, found.shadow) == (draft.id, {"A": "secret"}, None)
    assert await each_store.read(lambda tx: options.pushed(tx, endpoint.id)) == pushed
    assert [each.state for each in await each_store.read(lambda tx: shadows.history(tx, endpoint.id))] == [
        ShadowState.DROPPED
    ]


async def test_a_replay_under_way_ends_and_what_it_had_not_sent_can_be_recovered(each_store: Store) -> None:
    source, endpoint = await a_full_endpoint(each_store)
    selection = Selection(ReplayKind.FAILED, 0, NOW)
    replay = Replay(
        id=mint(ReplayId), source_id=source.id, endpoint_id=endpoint.id, selection=selection, version_id=None,
        rate=None, total=1, more=False, begun=0, cursor=selection.start, state=ReplayState.RUNNING,
        user_name="ada", created_at=NOW,
    )  # fmt: skip
    await each_store.write(lambda tx: replays.insert(tx, replay))

    def delete(tx: Transaction) -> None:
        deleted_endpoints.remove(tx, endpoint.id, NOW)
        deliveries.stop_all_of_endpoint(tx, endpoint.id, NOW)

    await each_store.write(delete)
    await each_store.write(lambda tx: deleted_endpoints.restore(tx, endpoint.id, NOW))
    assert await each_store.read(lambda tx: replays.running(tx, endpoint.id)) == []
    ended = await each_store.read(lambda tx: replays.get(tx, replay.id))
    assert ended is not None and ended.state is ReplayState.DISABLED
