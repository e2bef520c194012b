"""Dunning: Dodo writes to a customer whose subscription was not paid."""

from server.domain.catalog.people import BRAND, CUSTOMER, RENEWAL, SUBSCRIPTION
from server.domain.catalog.shapes import Group, Payload, moment, one_of, text

_DUNNING = Payload(
    "DunningAttempt",
    {
        "subscription_id": text("The subscription that was not paid.", SUBSCRIPTION),
        "customer_id": text("Who is asked to pay.", CUSTOMER),
        "status": one_of(("recovering", "recovered", "exhausted"), "How far the attempt has come.", "recovering"),
        "trigger_state": one_of(
            ("on_hold", "cancelled", "past_due"), "The state of the subscription that started it.", "past_due"
        ),
        "payment_id": text("The payment that settled it.").usually_null(),
        "brand_id": text("The brand that sold.", BRAND),
        "created_at": moment("When the attempt began.", "2026-03-03T05:00:00Z"),
    },
)

GROUP = Group(
    "dunning",
    "Dunning",
    "A customer is reminded of an unpaid subscription.",
    (
        _DUNNING.event(
            "dunning.started",
            "Sent when a customer is first reminded of an unpaid subscription.",
            "2026-03-03T05:00:00.864190Z",
        ),
        _DUNNING.event(
            "dunning.recovered",
            "Sent when a customer pays after being reminded.",
            "2026-03-05T17:22:38.206745Z",
            status="recovered",
            payment_id=RENEWAL,
        ),
    ),
)
