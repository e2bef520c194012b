"""A delivery that failed and is tried again is told apart from one that waits for its first try."""

import pytest
from builders import NOW

from server.domain.ids import DeliveryId, EndpointId, MessageId
from server.domain.messages import Delivery, DeliveryState, Trigger


@pytest.mark.parametrize(
    ("state", "trigger", "retrying"),
    [
        (DeliveryState.PENDING, Trigger.EVENT, False),
        (DeliveryState.PENDING, Trigger.RESEND, False),
        (DeliveryState.PENDING, Trigger.RETRY, True),
        (DeliveryState.FAILED, Trigger.RETRY, False),
    ],
)
def test_only_a_waiting_retry_is_retrying(state: DeliveryState, trigger: Trigger, retrying: bool) -> None:
    ids = (DeliveryId("dlv_1"), MessageId("msg_1"), EndpointId("ep_1"))
    delivery = Delivery(*ids, state, trigger, attempts=1, step=1, due_at=NOW, created_at=NOW, updated_at=NOW)
    assert delivery.retrying is retrying
