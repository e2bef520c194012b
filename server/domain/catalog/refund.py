"""Refunds: money that goes back to a customer."""

from server.domain.catalog.people import BRAND, CUSTOMER_FIELDS, REFUND_FIELDS
from server.domain.catalog.shapes import Group, Payload, metadata, nested, text

_REFUND = Payload(
    "Refund",
    {
        **REFUND_FIELDS,
        "customer": nested("Who gets the money back.", CUSTOMER_FIELDS),
        "metadata": metadata("What the merchant noted about the refund.", {"ticket": "SUP-3391"}),
        "brand_id": text("The brand that sold.", BRAND),
    },
)

GROUP = Group(
    "refund",
    "Refund",
    "Money goes back to a customer.",
    (
        _REFUND.event(
            "refund.succeeded",
            "Sent when a refund has been paid out to the customer.",
            "2026-02-17T10:02:11.640055Z",
        ),
        _REFUND.event(
            "refund.failed",
            "Sent when a refund could not be paid out.",
            "2026-02-17T10:02:11.640055Z",
            status="failed",
            is_partial=False,
            amount=4999,
            reason=None,
            network_reference=None,
            network_reference_type=None,
            network_reference_updated_at=None,
        ),
    ),
)
