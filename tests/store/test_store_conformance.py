"""What every database must do. The same tests run on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import NOW, a_message, a_source, a_user, an_attempt, an_endpoint
from claiming import claim_due

from server.domain.conditions import Condition, Operator
from server.domain.endpoints import Controls, DisabledBecause, Endpoint, FormerSecret
from server.domain.health import Health
from server.domain.ids import VersionId, mint
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState, Message, Origin, Trigger
from server.domain.sources import IntakeRefusal, Source
from server.domain.versions import Version
from server.domain.warnings import WarningKind, warn
from server.store import (
    Store,
    accounts,
    attempts,
    deleted_endpoints,
    deliveries,
    endpoints,
    messages,
    sources,
    versions,
)

LEASE = 60_000


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    opened = Store.open(url)
    assert opened.dialect == request.param
    yield opened
    opened.close()


async def keep(store: Store, *things: Source | Endpoint) -> None:
    for thing in things:
        if isinstance(thing, Source):
            await store.write(lambda tx, s=thing: sources.insert(tx, s))
        else:
            await store.write(lambda tx, e=thing: endpoints.insert(tx, e))


async def receive(store: Store, message: Message) -> messages.Received:
    return await store.batch(messages.receive, message)


async def claim(store: Store, owner: str = "me", now: int = NOW, most: int = 10) -> list[deliveries.ClaimedDelivery]:
    return await store.write(lambda tx: claim_due(tx, owner, now, now + LEASE, most))


async def test_a_message_is_given_back_byte_for_byte(store: Store) -> None:
    source = a_source()
    message = a_message(source, body=b'{"a":"\\u0000\\ud800","b":1e400} \x00\xff')
    await keep(store, source)
    await receive(store, message)
    assert await store.read(lambda tx: messages.get(tx, message.id)) == message


async def test_a_repeated_id_is_stored_once(store: Store) -> None:
    source, other = a_source(), a_source()
    await keep(store, source, other)
    first = a_message(source, webhook_id="evt_1")
    again = a_message(source, webhook_id="evt_1")
    elsewhere = a_message(other, webhook_id="evt_1")
    results = await asyncio.gather(*(receive(store, m) for m in (first, again, elsewhere)))
    assert [r.duplicate for r in results] == [False, True, False]
    assert results[1].message_id == first.id
    assert (await receive(store, a_message(source, webhook_id="evt_1"))).duplicate


async def test_only_listening_endpoints_get_a_delivery(store: Store) -> None:
    source = a_source()
    everything = an_endpoint(source)
    payments = an_endpoint(source, event_types=frozenset({"payment.succeeded"}))
    refunds = an_endpoint(source, event_types=frozenset({"refund.succeeded"}))
    nothing = an_endpoint(source, event_types=frozenset())
    disabled = an_endpoint(source, disabled=True)
    await keep(store, source, everything, payments, refunds, nothing, disabled)
    received = await receive(store, a_message(source))
    assert received.endpoints == (everything.id, payments.id)


async def test_one_bad_write_of_a_group_does_not_harm_the_others(store: Store) -> None:
    source = a_source()
    await keep(store, source)
    good = [receive(store, a_message(source)) for _ in range(5)]
    orphan = receive(store, a_message(a_source()))  # its source does not exist
    results = await asyncio.gather(*good, orphan, return_exceptions=True)
    assert [isinstance(r, messages.Received) for r in results] == [True] * 5 + [False]


async def test_a_claimed_delivery_is_not_claimed_again_before_its_lease_ends(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source, code="function handler(w) { return w }")
    await keep(store, source, endpoint)
    message = a_message(source)
    await receive(store, message)
    [claimed] = await claim(store)
    assert claimed.message == message
    assert claimed.endpoint == endpoint
    assert await claim(store, owner="other") == []
    assert await store.read(deliveries.next_due) is None
    [recovered] = await claim(store, owner="other", now=NOW + LEASE)
    assert recovered.delivery.id == claimed.delivery.id


async def test_two_claimers_share_the_work(store: Store) -> None:
    source = a_source()
    await keep(store, source, an_endpoint(source))
    for _ in range(15):
        await receive(store, a_message(source))
    mine, yours = await asyncio.gather(claim(store, "me"), claim(store, "you"))
    taken = [c.delivery.id for c in (*mine, *yours)]
    assert len(taken) == len(set(taken)) == 15


async def test_an_endpoint_can_be_passed_over(store: Store) -> None:
    source = a_source()
    slow, quick = an_endpoint(source), an_endpoint(source)
    await keep(store, source, slow, quick)
    await receive(store, a_message(source))
    found = await store.read(lambda tx: deliveries.due_endpoints(tx, NOW, excluding=[slow.id]))
    assert [endpoint.id for endpoint in found] == [quick.id]
    [claimed] = await store.write(
        lambda tx: deliveries.claim(tx, owner="me", now=NOW, lease_until=NOW + LEASE, room={quick.id: 5})
    )
    assert claimed.endpoint.id == quick.id


async def test_an_attempt_is_recorded_once_with_its_decision(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await keep(store, source, endpoint)
    message = a_message(source)
    await receive(store, message)
    [claimed] = await claim(store)
    error = AttemptError("timeout", "No answer\x00 \ud800", 3, 7, "throw")
    values = {
        "outcome": AttemptOutcome.UNREACHABLE, "error": error,
        "warnings": (warn(WarningKind.WORD_IN_HEADER, header="A", word="null\x00 \ud800"),),
    }  # fmt: skip
    attempt = an_attempt(message, claimed.delivery.id, endpoint, **values)
    ended = deliveries.AttemptRecord("me", attempt, DeliveryState.PENDING, 1, NOW + 5000)
    assert await store.batch(deliveries.record, ended)
    assert not await store.batch(deliveries.record, ended)
    assert await store.read(lambda tx: attempts.of_message(tx, message.id)) == [attempt]
    delivery = await store.read(lambda tx: deliveries.get(tx, claimed.delivery.id))
    assert delivery is not None
    assert (delivery.state, delivery.step, delivery.attempts) == (DeliveryState.PENDING, 1, 1)
    assert (delivery.due_at, delivery.trigger) == (NOW + 5000, Trigger.RETRY)
    assert await claim(store) == []
    assert len(await claim(store, now=NOW + 5000)) == 1


async def test_of_attempts_recorded_together_each_is_judged_by_itself(store: Store) -> None:
    """One is told for the first time, one again, and one whose delivery was taken away meanwhile."""
    source = a_source()
    endpoint, stopped = an_endpoint(source), an_endpoint(source)
    await keep(store, source, endpoint, stopped)
    for _ in range(2):
        await receive(store, a_message(source))
    claimed = await claim(store)
    await store.write(lambda tx: deliveries.stop_all_of_endpoint(tx, stopped.id, NOW))
    outcome_at = {endpoint.id: AttemptOutcome.SUCCEEDED, stopped.id: AttemptOutcome.REJECTED}
    ended = [
        deliveries.AttemptRecord(
            "me",
            an_attempt(one.message, one.delivery.id, one.endpoint, outcome=outcome_at[one.endpoint.id]),
            DeliveryState.SUCCEEDED,
            1,
            None,
        )
        for one in claimed
    ]
    again = next(one for one in ended if one.attempt.endpoint_id == endpoint.id)
    await store.batch(deliveries.record, again)

    told = await asyncio.gather(*(store.batch(deliveries.record, one, linger=0.01) for one in ended))

    assert told == [one is not again and one.attempt.endpoint_id == endpoint.id for one in ended]
    for one in ended:
        made = one.attempt
        kept = [
            a for a in await store.read(lambda tx, a=made: attempts.of_message(tx, a.message_id)) if a.id == made.id
        ]
        delivery = await store.read(lambda tx, a=made: deliveries.get(tx, a.delivery_id))
        theirs = DeliveryState.SUCCEEDED if made.endpoint_id == endpoint.id else DeliveryState.STOPPED
        assert kept == [made]
        assert (delivery.state, delivery.attempts) == (theirs, 1)


async def test_repeats_among_messages_that_come_together_are_told_apart(store: Store) -> None:
    source = a_source()
    await keep(store, source)
    first = a_message(source, webhook_id="evt_1")
    await receive(store, first)
    came = [a_message(source, webhook_id=f"evt_{number}") for number in (1, 2, 2, 3)]

    told = await store.write(lambda tx: messages.receive(tx, came))

    assert [one.duplicate for one in told] == [True, False, True, False]
    assert [one.message_id for one in told] == [first.id, came[1].id, came[1].id, came[3].id]


async def test_a_released_delivery_is_due_again_and_has_no_attempt(store: Store) -> None:
    source = a_source()
    await keep(store, source, an_endpoint(source))
    await receive(store, a_message(source))
    [claimed] = await claim(store)
    await store.write(lambda tx: deliveries.release(tx, "me", [claimed.delivery.id]))
    [again] = await claim(store)
    assert again.delivery.attempts == 0


async def test_a_resend_begins_a_fresh_schedule(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await keep(store, source, endpoint)
    message = a_message(source)
    await receive(store, message)
    [claimed] = await claim(store)
    attempt = an_attempt(message, claimed.delivery.id, endpoint)
    await store.batch(deliveries.record, deliveries.AttemptRecord("me", attempt, DeliveryState.SUCCEEDED, 1, None))
    assert await store.write(lambda tx: deliveries.resend(tx, claimed.delivery.id, NOW + 1))
    [again] = await claim(store, now=NOW + 1)
    assert (again.delivery.trigger, again.delivery.step, again.delivery.attempts) == (Trigger.RESEND, 0, 1)
    assert not await store.write(lambda tx: deliveries.resend(tx, claimed.delivery.id, NOW + 2))  # it is on its way


async def test_a_stopped_endpoint_leaves_nothing_waiting(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await keep(store, source, endpoint)
    message = a_message(source)
    await receive(store, message)
    [claimed] = await claim(store)
    assert await store.write(lambda tx: deliveries.stop_all_of_endpoint(tx, endpoint.id, NOW)) == 1
    late = an_attempt(message, claimed.delivery.id, endpoint)
    assert not await store.batch(
        deliveries.record, deliveries.AttemptRecord("me", late, DeliveryState.SUCCEEDED, 1, None)
    )
    delivery = await store.read(lambda tx: deliveries.get(tx, claimed.delivery.id))
    assert delivery is not None
    assert delivery.state is DeliveryState.SUCCEEDED  # the destination has it, so no replay must send it again
    assert await store.read(lambda tx: attempts.of_message(tx, message.id)) == [late]


async def test_what_was_under_way_at_a_stop_is_counted_so_that_it_can_be_sent_again(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await keep(store, source, endpoint)
    message = a_message(source)
    await receive(store, message)
    [claimed] = await claim(store)
    await store.write(lambda tx: deliveries.stop_all_of_endpoint(tx, endpoint.id, NOW))
    late = an_attempt(message, claimed.delivery.id, endpoint)
    await store.batch(deliveries.record, deliveries.AttemptRecord("me", late, DeliveryState.SUCCEEDED, 1, None))

    await store.write(lambda tx: deliveries.resend(tx, claimed.delivery.id, NOW + 1))
    [again] = await claim(store, now=NOW + 1)
    next_one = an_attempt(message, claimed.delivery.id, endpoint, number=again.delivery.attempts + 1)

    assert await store.batch(
        deliveries.record, deliveries.AttemptRecord("me", next_one, DeliveryState.SUCCEEDED, 1, None)
    )
    assert [each.number for each in await store.read(lambda tx: attempts.of_message(tx, message.id))] == [2, 1]


async def test_a_removed_endpoint_is_gone_but_still_named_in_the_log(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source, description="Mail", credentials={"api_key": "k"})
    await keep(store, source, endpoint)
    await store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, NOW))
    assert await store.read(lambda tx: endpoints.get(tx, endpoint.id)) is None
    assert await store.read(lambda tx: endpoints.of_source(tx, source.id)) == []
    names = await store.read(lambda tx: endpoints.names(tx, {}, [endpoint.id]))
    assert names == {endpoint.id: "Mail"}
    assert (await receive(store, a_message(source))).endpoints == ()


async def test_a_version_serves_once_the_endpoint_names_it(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source, code="one")
    await keep(store, source, endpoint)
    second = Version(mint(VersionId), endpoint.id, 0, "two", NOW + 1)
    saved = await store.write(lambda tx: versions.insert(tx, second))
    assert saved.number == 2
    assert await store.read(lambda tx: endpoints.get(tx, endpoint.id)) == endpoint
    await store.write(lambda tx: endpoints.change(tx, replace(endpoint, version=saved)))
    found = await store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found is not None
    assert found.version == saved
    history = await store.read(lambda tx: versions.history(tx, endpoint.id))
    assert [(v.number, v.code) for v in history] == [(2, "two"), (1, "one")]


async def test_a_change_keeps_what_it_does_not_name(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source, code="one", headers={"x-team": "growth"})
    await keep(store, source, endpoint)
    changed = replace(endpoint, description="New", event_types=frozenset(), updated_at=NOW + 1)
    await store.write(lambda tx: endpoints.change(tx, changed))
    assert await store.read(lambda tx: endpoints.get(tx, endpoint.id)) == changed


async def test_every_control_of_an_endpoint_is_kept(store: Store) -> None:
    source = a_source()
    controlled = an_endpoint(
        source,
        controls=Controls(schedule=(0, 1000), rate_limit=5, concurrency=2, ordered=True),
        paused=True,
        conditions=(Condition("data.currency", Operator.EQUALS, "EUR"),),
        former_secret=FormerSecret("whsec_old", NOW + 1),
        disabled=True,
        disabled_because=DisabledBecause.GONE,
        health=Health(NOW - 3, NOW - 2, NOW - 1, NOW),
    )
    await keep(store, source, controlled)
    assert await store.read(lambda tx: endpoints.get(tx, controlled.id)) == controlled


async def test_the_log_is_narrowed_by_each_filter_and_paged(store: Store) -> None:
    source, other = a_source(), a_source()
    endpoint = an_endpoint(source, event_types=frozenset({"refund.succeeded"}))
    await keep(store, source, other, endpoint)
    payment = a_message(source, webhook_id="evt_a")
    refund = a_message(source, webhook_id="evt_b", event_type="refund.succeeded")
    for message in (payment, refund, a_message(other)):
        await receive(store, message)

    async def ids(**filters: object) -> list[str]:
        search = messages.Search(source.id, **filters)  # type: ignore[arg-type]
        return [row.id for row in await store.read(lambda tx: messages.page(tx, search))]

    assert await ids() == [refund.id, payment.id]
    assert await ids(event_type="payment.succeeded") == [payment.id]
    assert await ids(endpoint_id=endpoint.id) == [refund.id]
    assert await ids(state=DeliveryState.PENDING) == [refund.id]
    assert await ids(state=DeliveryState.FAILED) == []
    assert await ids(text="evt_a") == [payment.id]
    assert await ids(text=refund.id) == [refund.id]
    assert await ids(text="%") == []
    assert await ids(before=refund.id) == [payment.id]


async def test_attempts_are_listed_newest_first(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await keep(store, source, endpoint)
    made = []
    for outcome in (AttemptOutcome.SUCCEEDED, AttemptOutcome.REJECTED, AttemptOutcome.TRANSFORM_FAILED):
        message = a_message(source)
        await receive(store, message)
        [claimed] = await claim(store)
        attempt = an_attempt(message, claimed.delivery.id, endpoint, outcome=outcome)
        await store.batch(deliveries.record, deliveries.AttemptRecord("me", attempt, DeliveryState.FAILED, 1, None))
        made.append(attempt)
    found = await store.read(lambda tx: attempts.page(tx, attempts.Search(source.id)))
    assert found == made[::-1]
    failed = attempts.Search(endpoint_id=endpoint.id, outcomes=(AttemptOutcome.REJECTED,))
    assert await store.read(lambda tx: attempts.page(tx, failed)) == [made[1]]


async def test_an_example_goes_to_one_endpoint_only(store: Store) -> None:
    source = a_source()
    chosen = an_endpoint(source, event_types=frozenset())
    await keep(store, source, chosen, an_endpoint(source))
    message = a_message(source, origin=Origin.EXAMPLE)
    await store.write(lambda tx: messages.send_example(tx, message, chosen.id))
    [claimed] = await claim(store)
    assert (claimed.endpoint.id, claimed.delivery.trigger) == (chosen.id, Trigger.EXAMPLE)


async def test_refusals_are_counted_by_reason(store: Store) -> None:
    source = a_source()
    await keep(store, source)
    for count in (1, 4):
        await store.write(
            lambda tx, n=count: sources.count_refusals(tx, {(source.id, IntakeRefusal.SIGNATURE): n}, NOW)
        )
    assert await store.read(lambda tx: sources.refused(tx, source.id)) == {
        IntakeRefusal.SIGNATURE: sources.Refusals(5, NOW)
    }


async def test_a_new_password_ends_every_session(store: Store) -> None:
    user = a_user()
    await store.write(lambda tx: accounts.insert(tx, user, NOW))
    await store.write(lambda tx: accounts.begin_session(tx, "hash", user.id, NOW, NOW + 1000))
    assert await store.read(lambda tx: accounts.signed_in(tx, "hash", NOW)) == user
    assert await store.read(lambda tx: accounts.signed_in(tx, "hash", NOW + 1000)) is None
    await store.write(lambda tx: accounts.set_password(tx, user.id, "other"))
    assert await store.read(lambda tx: accounts.signed_in(tx, "hash", NOW)) is None


async def test_what_a_clock_ahead_had_written_keeps_the_wait_that_was_meant(store):
    source, now = a_source(), NOW
    endpoint = an_endpoint(source)
    ahead, right = a_message(source, received_at=now + 3_600_000), a_message(source, received_at=now)

    def keep(tx):
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        messages.receive(tx, [ahead, right])
        return deliveries.keep_to_the_clock(tx, now), deliveries.keep_to_the_clock(tx, now)

    assert await store.write(keep) == (1, 0)
    found = await store.read(lambda tx: messages.of_messages(tx, [ahead.id, right.id]))
    assert [[one.due_at for one in found[message.id]] for message in (ahead, right)] == [[now], [now]]
