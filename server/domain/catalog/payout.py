"""Payouts: what the business has earned goes to its bank account."""

from server.domain.catalog.shapes import BUSINESS, Group, Payload, currency, moment, money, one_of, text

_STATUSES = ("not_initiated", "in_progress", "on_hold", "failed", "success")

_PAYOUT = Payload(
    "Payout",
    {
        "payout_id": text("The payout's id.", "pyt_4mXvR8nKq2TzHw6LcBpYd"),
        "status": one_of(
            ("not_initiated", "in_progress", "on_hold", "failed", "success"),
            "Where the payout stands.",
            "not_initiated",
        ),
        "amount": money("What is paid out, in the smallest unit of the currency.", 1234567),
        "currency": currency("The currency of the payout."),
        "fee": money("What the payout costs.", 2500),
        "tax": money("The tax in the payout.", 0),
        "refunds": money("What refunds took from it.", 1500),
        "chargebacks": money("What lost disputes took from it.", 0),
        "payment_method": text("How it is paid out.", "bank_transfer"),
        "name": text("Who receives it, or what for.", "Northwind Labs LLC").or_null(),
        "payout_document_url": text("Where the statement can be downloaded.").usually_null(),
        "remarks": text("Notes on the payout.").usually_null(),
        "business_id": text("The business that is paid.", BUSINESS),
        "created_at": moment("When the payout was made.", "2026-03-01T00:00:00Z"),
        "updated_at": moment("When the payout last changed.", "2026-03-01T00:00:00Z"),
    },
)

GROUP = Group(
    "payout",
    "Payout",
    "What the business has earned goes to its bank account.",
    (
        _PAYOUT.event(
            "payout.created",
            "Sent when a payout is made ready.",
            "2026-03-01T00:00:01.402118Z",
        ),
        _PAYOUT.event(
            "payout.on_hold",
            "Sent when a payout is held back until something is settled.",
            "2026-03-01T06:20:14.550923Z",
            status="on_hold",
            remarks="The bank details are being checked.",
            updated_at="2026-03-01T06:20:14Z",
        ),
        _PAYOUT.event(
            "payout.in_progress",
            "Sent when a payout is on its way to the bank.",
            "2026-03-02T08:00:03.917460Z",
            status="in_progress",
            updated_at="2026-03-02T08:00:03Z",
        ),
        _PAYOUT.event(
            "payout.failed",
            "Sent when the bank refuses a payout.",
            "2026-03-03T08:15:30.288105Z",
            status="failed",
            remarks="The account number was not accepted.",
            updated_at="2026-03-03T08:15:30Z",
        ),
        _PAYOUT.event(
            "payout.success",
            "Sent when a payout has reached the bank account.",
            "2026-03-03T08:15:30.288105Z",
            status="success",
            payout_document_url="https://statements.northwind.example/2026-03.pdf",
            updated_at="2026-03-03T08:15:30Z",
        ),
    ),
)
