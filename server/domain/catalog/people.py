"""Who and what the samples are about, and the objects that several families share.

The samples tell one story: Mira Lindqvist of Northwind Labs buys a plan, and everything else happens to that plan.
So the same ids turn up in all families, and a journey can be followed from one sample to the next.
"""

from server.domain.catalog.shapes import (
    BUSINESS,
    boolean,
    country,
    currency,
    decimal,
    integer,
    metadata,
    moment,
    money,
    one_of,
    sample_of,
    text,
    texts,
)

BRAND = BUSINESS
CUSTOMER = "cus_5pWz8RkTq3VxYn7JmHcLd"
PAYMENT = "pay_9fTbX2nQw6KzRv4HsLpMc"
RENEWAL = "pay_3hGdY7rWm5NcTk8JqVxZb"
SUBSCRIPTION = "sub_4nLxV9cRz7BtQm2KwHpYd"
PLAN = "pdt_8wKtQ5mZx3RvNc7LhYbJp"
ONE_TIME_PRODUCT = "pdt_2rHvN6bKw9XzTm4QcLpYd"
CREDIT = "cde_6mRzT4xKq8WvHb2NcLpJy"
PAYMENT_METHOD = "pm_7xQvK3nRw5TzHm9LcBpYd"

INTERVALS = ("Day", "Week", "Month", "Year")

CUSTOMER_FIELDS = {
    "customer_id": text("The customer's id.", CUSTOMER),
    "name": text("The customer's full name.", "Mira Lindqvist"),
    "email": text("The customer's e-mail address.", "mira.lindqvist@northwind.example"),
    "phone_number": text("The customer's telephone number.", "+46701234567").or_null(),
    "metadata": metadata("What the merchant noted about the customer.", {"crm_id": "C-20481", "vip": True}).or_null(),
}

BILLING_FIELDS = {
    "street": text("Street and house number.", "44 Harbour Street").or_null(),
    "city": text("City.", "Portland").or_null(),
    "state": text("State, province or region.", "Oregon").or_null(),
    "zipcode": text("Postal code.", "97205").or_null(),
    "country": country("Country, two capitals."),
}

CUSTOM_FIELD_FIELDS = {
    "key": text("The key of the field in the checkout form.", "team_size"),
    "value": text("What the customer entered.", "11-50"),
}
CUSTOM_FIELDS = [sample_of(CUSTOM_FIELD_FIELDS)]

DISCOUNT = "dsc_1vBnM8kLq5XzRt3HwYcPd"
DISCOUNT_FIELDS = {
    "discount_id": text("The discount's id.", DISCOUNT),
    "business_id": text("The business that offers it.", BUSINESS),
    "name": text("The discount's name.", "Welcome offer").or_null(),
    "code": text("The code that the customer typed.", "WELCOME10"),
    "type": one_of(("flat", "percentage"), "Whether it takes off a sum or a share.", "percentage"),
    "amount": integer("The discount in hundredths of a percent: 1000 is 10 %.", 1000),
    "position": integer("Its place when several discounts apply, counted from 0.", 0),
    "times_used": integer("How often it has been used.", 37),
    "usage_limit": integer("How often it may be used.", 500).or_null(),
    "subscription_cycles": integer("How many billing cycles it lasts for.", 3).or_null(),
    "cycles_remaining": integer("How many billing cycles are left.", 2).or_null(),
    "preserve_on_plan_change": boolean("Whether it stays when the plan changes.", True),
    "restricted_to": texts("The products it is limited to.", [PLAN]),
    "metadata": metadata("What the merchant noted about the discount.", {"campaign": "spring"}),
    "created_at": moment("When it was made.", "2026-01-05T09:00:00.000000Z"),
    "expires_at": moment("When it ends.", "2026-12-31T23:59:59.000000Z").or_null(),
}
DISCOUNTS = [sample_of(DISCOUNT_FIELDS)]

DISPUTE_FIELDS = {
    "dispute_id": text("The dispute's id.", "dp_5tRzK8wNq2XvHm6LcBpYj"),
    "payment_id": text("The payment in dispute.", PAYMENT),
    "business_id": text("The business that was paid.", BUSINESS),
    "amount": decimal("The disputed amount in the smallest unit of its currency, as text.", "1500"),
    "currency": text("The currency of the amount.", "USD"),
    "dispute_stage": one_of(
        ("pre_dispute", "dispute", "pre_arbitration"), "How far the bank has taken the matter.", "dispute"
    ),
    "dispute_status": one_of(
        (
            "dispute_opened",
            "dispute_expired",
            "dispute_accepted",
            "dispute_cancelled",
            "dispute_challenged",
            "dispute_won",
            "dispute_lost",
        ),
        "Where the dispute stands.",
        "dispute_opened",
    ),
    "is_resolved_by_rdr": boolean("Whether Rapid Dispute Resolution settled it without a case.", False).or_null(),
    "remarks": text("Notes on the dispute.").usually_null(),
    "created_at": moment("When the dispute was opened.", "2026-02-16T08:12:44.507113Z"),
}

REFUND_FIELDS = {
    "refund_id": text("The refund's id.", "ref_3kYwT7mXq9RzNv5HcLbPj"),
    "payment_id": text("The payment that is paid back.", PAYMENT),
    "business_id": text("The business that pays back.", BUSINESS),
    "status": one_of(("succeeded", "failed", "pending", "review"), "Where the refund stands.", "succeeded"),
    "amount": money("What is paid back, in the smallest unit of the currency.", 1500).or_null(),
    "currency": currency("The currency of the refund.").or_null(),
    "is_partial": boolean("Whether only a part of the payment is paid back.", True),
    "reason": text("Why it is paid back.", "The add-on was not needed.").or_null(),
    "network_reference": text(
        "The number by which the customer's bank can find the refund.", "74537604221222132710572"
    ).or_null(),
    "network_reference_type": one_of(
        ("acquirer_reference_number", "system_trace_audit_number", "retrieval_reference_number", "other"),
        "What kind of number the network reference is.",
        "acquirer_reference_number",
    ).or_null(),
    "network_reference_updated_at": moment(
        "When the network reference became known.", "2026-02-18T00:10:00.000000Z"
    ).or_null(),
    "created_at": moment("When the refund was made.", "2026-02-17T10:00:32.873493Z"),
}
