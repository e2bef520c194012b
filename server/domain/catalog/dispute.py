"""Disputes: a customer asks their bank for the money back."""

from server.domain.catalog.people import BRAND, CUSTOMER_FIELDS, DISPUTE_FIELDS
from server.domain.catalog.shapes import Group, Payload, nested, one_of, text

_DISPUTE = Payload(
    "Dispute",
    {
        **DISPUTE_FIELDS,
        # Seen in Dodo's own examples but in no model of its SDK: code should manage without them.
        "customer": nested("Who disputes the payment.", CUSTOMER_FIELDS).or_missing(),
        "reason": text("What the customer told the bank.", "product_not_received").or_null(),
        "payment_provider": one_of(("stripe", "adyen", "dodo"), "Who processed the payment.", "dodo").or_missing(),
        "brand_id": text("The brand that sold.", BRAND).or_missing(),
    },
)

GROUP = Group(
    "dispute",
    "Dispute",
    "A customer asks their bank for the money back.",
    (
        _DISPUTE.event(
            "dispute.opened",
            "Sent when a customer disputes a payment at their bank.",
            "2026-02-16T08:12:45.001930Z",
        ),
        _DISPUTE.event(
            "dispute.expired",
            "Sent when the time to answer a dispute has run out.",
            "2026-03-02T00:00:00.000000Z",
            dispute_status="dispute_expired",
        ),
        _DISPUTE.event(
            "dispute.accepted",
            "Sent when the business accepts a dispute and gives the money back.",
            "2026-02-17T09:30:05.220871Z",
            dispute_status="dispute_accepted",
            remarks="Accepted: the parcel was lost.",
        ),
        _DISPUTE.event(
            "dispute.cancelled",
            "Sent when the customer or the bank withdraws a dispute.",
            "2026-02-18T14:41:19.785402Z",
            dispute_stage="pre_dispute",
            dispute_status="dispute_cancelled",
        ),
        _DISPUTE.event(
            "dispute.challenged",
            "Sent when the business contests a dispute with evidence.",
            "2026-02-17T16:05:58.913244Z",
            dispute_status="dispute_challenged",
            remarks="Proof of delivery was handed in.",
        ),
        _DISPUTE.event(
            "dispute.won",
            "Sent when a dispute is decided for the business.",
            "2026-03-20T11:00:27.345610Z",
            dispute_status="dispute_won",
            remarks="The bank accepted the proof of delivery.",
        ),
        _DISPUTE.event(
            "dispute.lost",
            "Sent when a dispute is decided for the customer.",
            "2026-03-20T11:00:27.345610Z",
            dispute_stage="pre_arbitration",
            dispute_status="dispute_lost",
            is_resolved_by_rdr=None,
        ),
    ),
)
