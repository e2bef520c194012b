"""Turns are fair and limits are exact, by a clock of the test's own."""

import pytest
from builders import NOW, a_message, a_source, an_endpoint

from server.delivery.endpoint_queues import CLAIMED_FOR_ONE, FRESH_FOR_ONE, EndpointQueues, QueuedDelivery
from server.domain.endpoints import Controls
from server.domain.ids import DeliveryId, mint
from server.domain.messages import Delivery, DeliveryState, Trigger

SOURCE = a_source()


def held(endpoint):
    message = a_message(SOURCE)
    values = {"state": DeliveryState.PENDING, "trigger": Trigger.EVENT, "attempts": 0, "step": 0, "due_at": NOW}
    delivery = Delivery(mint(DeliveryId), message.id, endpoint.id, **values, created_at=NOW, updated_at=NOW)
    return QueuedDelivery(delivery, message, NOW + 60_000)


def begun(lanes, now=0.0):
    found = []
    while turn := lanes.next(now):
        found.append(turn)
    return found


def with_claimed(lanes, endpoint, count):
    for _ in range(count):
        lanes.claimed(held(endpoint), endpoint)


@pytest.mark.parametrize("rate", [1, 3, 50])
def test_no_window_of_a_second_holds_more_than_the_rate(rate):
    lanes, endpoint = EndpointQueues(400), an_endpoint(SOURCE, controls=Controls(rate_limit=rate))
    moments, now = [], 0.0
    with_claimed(lanes, endpoint, 100)
    while len(moments) < min(100, 3 * rate):
        for lane, _ in begun(lanes, now):
            moments.append(now)
            lanes.ended(lane, endpoint.id)
        now += lanes.soonest(now) or 0.0
    assert all(later - earlier >= 1 for earlier, later in zip(moments, moments[rate:], strict=False))
    assert moments[-1] <= 3


def test_new_and_old_take_turns():
    lanes, endpoint = EndpointQueues(400), an_endpoint(SOURCE)
    old, new = [held(endpoint) for _ in range(5)], [held(endpoint) for _ in range(2)]
    for one in old:
        lanes.claimed(one, endpoint)
    for one in new:
        lanes.hand_over(one)
    assert [one for _, one in begun(lanes)] == [new[0], old[0], new[1], old[1], old[2], old[3], old[4]]


def test_one_endpoint_has_a_quarter_and_everybody_at_least_a_sixteenth():
    lanes, hanging = EndpointQueues(16), [an_endpoint(SOURCE) for _ in range(6)]
    for endpoint in hanging:
        with_claimed(lanes, endpoint, 10)
    under_way = [one.delivery.endpoint_id for _, one in begun(lanes)]
    assert max(under_way.count(endpoint.id) for endpoint in hanging) <= 4
    assert min(under_way.count(endpoint.id) for endpoint in hanging) >= 1
    well = an_endpoint(SOURCE)
    lanes.hand_over(held(well))
    [(_, one)] = begun(lanes)
    assert one.delivery.endpoint_id == well.id


def test_an_endpoint_in_order_has_one_at_a_time():
    lanes, endpoint = EndpointQueues(16), an_endpoint(SOURCE, controls=Controls(ordered=True))
    lanes.of(endpoint.id).controls = endpoint.controls
    assert lanes.room(endpoint.id) == 1
    with_claimed(lanes, endpoint, 1)
    [(lane, _)] = begun(lanes)
    assert lanes.room(endpoint.id) == 0
    lanes.ended(lane, endpoint.id)
    assert lanes.room(endpoint.id)


def test_what_is_held_is_bounded_and_what_is_full_is_passed_over():
    lanes, endpoint = EndpointQueues(4), an_endpoint(SOURCE)
    with_claimed(lanes, endpoint, CLAIMED_FOR_ONE)
    assert lanes.room(endpoint.id) == 0
    assert lanes.passed_over() == [endpoint.id]
    for _ in range(FRESH_FOR_ONE):
        assert lanes.full == frozenset()
        lanes.hand_over(held(endpoint))
    assert lanes.full == {endpoint.id}
    begun(lanes)
    assert lanes.full == frozenset()


def test_what_is_given_back_is_held_no_more():
    lanes, endpoint, other = EndpointQueues(4), an_endpoint(SOURCE), an_endpoint(SOURCE)
    waiting = held(endpoint)
    lanes.hand_over(waiting)
    lanes.hand_over(held(other))
    assert lanes.give_back([endpoint.id]) == [waiting.delivery.id]
    assert [one.delivery.endpoint_id for _, one in begun(lanes)] == [other.id]
