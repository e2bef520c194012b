"""Abandoned checkouts: a customer began to pay and left."""

from server.domain.catalog.people import BRAND, CUSTOMER, PAYMENT
from server.domain.catalog.shapes import Group, Payload, moment, one_of, text

_CHECKOUT = Payload(
    "AbandonedCheckout",
    {
        "payment_id": text("The payment that was left unfinished.", "pay_6sKvB4nXz9RtQm3HwLcPj"),
        "customer_id": text("Who left.", CUSTOMER),
        "status": one_of(
            ("abandoned", "recovering", "recovered", "exhausted", "opted_out"),
            "How far the attempt to win the customer back has come.",
            "abandoned",
        ),
        "abandonment_reason": one_of(
            ("payment_failed", "checkout_incomplete"), "Where the customer stopped.", "checkout_incomplete"
        ),
        "abandoned_at": moment("When the customer left.", "2026-02-02T10:00:00Z"),
        "recovered_payment_id": text("The payment that was made in the end.").usually_null(),
        "brand_id": text("The brand that sells.", BRAND),
    },
)

GROUP = Group(
    "abandoned_checkout",
    "Abandoned checkout",
    "A customer begins to pay and leaves.",
    (
        _CHECKOUT.event(
            "abandoned_checkout.detected",
            "Sent when a customer has left a checkout unfinished.",
            "2026-02-02T11:00:00.517332Z",
        ),
        _CHECKOUT.event(
            "abandoned_checkout.recovered",
            "Sent when a customer who had left a checkout comes back and pays.",
            "2026-02-03T04:05:31.093468Z",
            status="recovered",
            recovered_payment_id=PAYMENT,
        ),
    ),
)
