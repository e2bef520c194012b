"""Two owners and leases that run out at any moment: each attempt sent is recorded once, with a number of its own."""

import asyncio
from dataclasses import dataclass, field, replace

import hypothesis.strategies as st
import pytest
from builders import a_message, a_source, an_attempt, an_endpoint
from hypothesis import HealthCheck, given, settings

from server.domain.ids import AttemptId, mint
from server.domain.messages import ACCEPTED, AttemptOutcome, DeliveryState
from server.store import Store, attempts, deliveries, endpoints, messages, sources
from server.store.deliveries import AttemptRecord, ClaimedDelivery

LEASE = 1_000
STEPS = ("claim", "send", "record", "record_again", "expire", "resend")


@dataclass
class Owner:
    name: str
    claimed: list[ClaimedDelivery] = field(default_factory=list)
    sent: list[AttemptRecord] = field(default_factory=list)
    """Not recorded yet."""


@dataclass
class World:
    store: Store
    now: int
    endpoint: object
    message: object
    owners: tuple[Owner, Owner] = field(default_factory=lambda: (Owner("a"), Owner("b")))
    recorded: list[AttemptRecord] = field(default_factory=list)
    resent: bool = False

    async def claim(self, owner: Owner, outcome: AttemptOutcome) -> None:
        room = {self.endpoint.id: 10}
        owner.claimed += await self.store.write(
            lambda tx: deliveries.claim(tx, owner=owner.name, now=self.now, lease_until=self.now + LEASE, room=room)
        )

    async def send(self, owner: Owner, outcome: AttemptOutcome) -> None:
        if not owner.claimed:
            return
        delivery = owner.claimed.pop(0).delivery
        made = an_attempt(
            self.message,
            delivery.id,
            self.endpoint,
            id=mint(AttemptId),
            number=delivery.attempts + 1,
            trigger=delivery.trigger,
            outcome=outcome,
            started_at=self.now,
            duration_ms=0,
        )
        state = DeliveryState.SUCCEEDED if outcome in ACCEPTED else DeliveryState.PENDING
        due = None if outcome in ACCEPTED else self.now
        owner.sent.append(AttemptRecord(owner.name, replace(made, next_at=due), state, delivery.step + 1, due))

    async def record(self, owner: Owner, outcome: AttemptOutcome) -> None:
        """All that this owner sent, in one batch, as the worker does."""
        sent, owner.sent = owner.sent, []
        await asyncio.gather(*(self.store.batch(deliveries.record, one) for one in sent))
        self.recorded += sent

    async def record_again(self, owner: Owner, outcome: AttemptOutcome) -> None:
        """A commit of which nobody heard is repeated."""
        if self.recorded:
            await self.store.batch(deliveries.record, self.recorded[-1])

    async def expire(self, owner: Owner, outcome: AttemptOutcome) -> None:
        self.now += LEASE + 1

    async def resend(self, owner: Owner, outcome: AttemptOutcome) -> None:
        [delivery] = await self.deliveries()
        await self.store.write(lambda tx: deliveries.resend(tx, delivery.id, self.now))
        self.resent = True

    async def deliveries(self):
        found = await self.store.read(lambda tx: messages.of_messages(tx, [self.message.id]))
        return found[self.message.id]


async def a_world(store: Store) -> World:
    source = a_source()
    endpoint, message = an_endpoint(source), a_message(source)

    def make(tx):
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        messages.receive(tx, [message])

    await store.write(make)
    return World(store, message.received_at, endpoint, message)


async def play(store: Store, steps: list[tuple[str, int, AttemptOutcome]]) -> None:
    world = await a_world(store)
    sent = 0
    for step, who, outcome in steps:
        before = sum(len(owner.sent) for owner in world.owners)
        await getattr(world, step)(world.owners[who], outcome)
        sent += max(0, sum(len(owner.sent) for owner in world.owners) - before) if step == "send" else 0
    for owner in world.owners:
        await world.record(owner, AttemptOutcome.SUCCEEDED)

    [delivery] = await world.deliveries()
    made = (await store.read(lambda tx: attempts.of_message(tx, world.message.id)))[::-1]
    assert {one.id for one in made} == {one.attempt.id for one in world.recorded}
    assert len(made) == sent
    by_number = sorted(made, key=lambda one: one.number)
    assert [one.number for one in by_number] == list(range(1, sent + 1))
    assert delivery.attempts == sent
    if by_number and not world.resent:
        accepted = any(one.outcome in ACCEPTED for one in made)
        held = any(owner.claimed for owner in world.owners)
        # What another owner still holds is decided when that ends.
        assert held or (delivery.state is DeliveryState.SUCCEEDED) == accepted
        if delivery.state is DeliveryState.SUCCEEDED:
            assert delivery.due_at is None


ROUNDS = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(0, 1),
        st.sampled_from([AttemptOutcome.SUCCEEDED, AttemptOutcome.REJECTED, AttemptOutcome.UNREACHABLE]),
    ),
    max_size=14,
)


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_each_sent_attempt_is_recorded_once_with_a_number_of_its_own(database, request):
    opened = Store.open(request.getfixturevalue(database))

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(ROUNDS)
    def holds(steps):
        # What goes wrong without it: the second owner's attempt got the number of the first one's, and was dropped.
        asyncio.run(play(opened, steps))

    try:
        takes_over = [("claim", 0), ("expire", 0), ("claim", 1), ("send", 0), ("send", 1), ("record", 0), ("record", 1)]
        asyncio.run(play(opened, [(step, who, AttemptOutcome.REJECTED) for step, who in takes_over]))
        holds()
    finally:
        opened.close()
