"""Subscriptions: a customer pays again and again, until one side ends it."""

from server.domain.catalog.people import (
    BILLING_FIELDS,
    BRAND,
    CREDIT,
    CUSTOM_FIELD_FIELDS,
    CUSTOM_FIELDS,
    CUSTOMER_FIELDS,
    DISCOUNT,
    DISCOUNT_FIELDS,
    DISCOUNTS,
    INTERVALS,
    PAYMENT_METHOD,
    PLAN,
    RENEWAL,
    SUBSCRIPTION,
)
from server.domain.catalog.shapes import (
    Group,
    Payload,
    boolean,
    currency,
    decimal,
    integer,
    list_of,
    metadata,
    moment,
    money,
    nested,
    one_of,
    sample_of,
    text,
)

_BIGGER_PLAN = "pdt_5zXvB2nQk8RtWm6HcLpYj"
_ADDON = "adn_9kRwT3mXz7VqNb5HcLpYd"
_METER = "mtr_6vQzK2nXw8RtHm4LcBpYd"

_ADDON_FIELDS = {
    "addon_id": text("The add-on.", _ADDON),
    "quantity": integer("How many of it.", 2),
}

_CREDIT_FIELDS = {
    "credit_entitlement_id": text("The kind of credit.", CREDIT),
    "credit_entitlement_name": text("Its name.", "API credits"),
    "product_id": text("The product that grants it.", PLAN),
    "unit": text("What one credit is called.", "API call"),
    "credits_amount": decimal("Credits granted every cycle.", "10000"),
    "remaining_balance": decimal("Credits left.", "8250"),
    "expires_after_days": integer("Days until granted credits expire.", 30).or_null(),
    "low_balance_threshold_percent": integer("The share at which the balance counts as low.", 20).or_null(),
    "rollover_enabled": boolean("Whether unused credits pass into the next cycle.", True),
    "rollover_percentage": integer("The share of unused credits that passes on.", 50).or_null(),
    "rollover_timeframe_count": integer("How long credits that passed on last, in intervals.", 1).or_null(),
    "rollover_timeframe_interval": one_of(INTERVALS, "The interval of that time.", "Month").or_null(),
    "max_rollover_count": integer("How often a credit may pass on.", 2).or_null(),
    "overage_enabled": boolean("Whether more may be used than was granted.", True),
    "overage_limit": decimal("How much more, at most.", "5000").or_null(),
    "overage_balance": decimal("How much more has been used.", "0"),
    "overage_behavior": one_of(
        ("forgive_at_reset", "invoice_at_billing", "carry_deficit", "carry_deficit_auto_repay"),
        "What becomes of overuse when the cycle ends.",
        "invoice_at_billing",
    ),
}

_METER_FIELDS = {
    "meter_id": text("The meter.", _METER),
    "name": text("The meter's name.", "Storage"),
    "description": text("What it measures.", "Files kept, averaged over the month.").or_null(),
    "measurement_unit": text("The unit it counts in.", "GB"),
    "free_threshold": integer("Units that cost nothing.", 100),
    "price_per_unit": decimal("The price of a further unit.", "0.05").or_null(),
    "currency": currency("The currency of the price."),
}

_METER_CREDIT_FIELDS = {
    "meter_id": text("The meter.", _METER),
    "meter_name": text("The meter's name.", "Storage"),
    "meter_units_per_credit": decimal("Units that one credit pays for.", "10"),
    "credit_entitlement_id": text("The kind of credit that pays.", CREDIT),
    "product_id": text("The product that both belong to.", PLAN),
}

_ACTORS = ("customer", "merchant_user", "api_key", "dodo_team")
_CANCELLED_BY_FIELDS = {
    "actor_type": one_of(_ACTORS, "What kind of caller it was.", "customer"),
    "name": text("The caller's name, if it was a person.", "Mira Lindqvist").or_null(),
    "email": text("The caller's e-mail address, if it was a person.", "mira.lindqvist@northwind.example").or_null(),
}

_PLANNED_ADDON_FIELDS = {
    "addon_id": text("The add-on.", _ADDON),
    "name": text("The add-on's name.", "Extra seat"),
    "quantity": integer("How many of it.", 5),
}

_PLAN_CHANGE_FIELDS = {
    "id": text("The planned change.", "spc_4wNqT8xKz2RvHm6LcBpYd"),
    "product_id": text("The plan that follows.", _BIGGER_PLAN),
    "product_name": text("Its name.", "Northwind Business").or_null(),
    "product_description": text("What it offers.", "For teams of more than ten.").or_null(),
    "quantity": integer("How many of it.", 1),
    "addons": list_of("The add-ons that go with it.", _PLANNED_ADDON_FIELDS, [sample_of(_PLANNED_ADDON_FIELDS)]),
    "created_at": moment("When the change was planned.", "2026-02-20T15:11:02.118640Z"),
    "effective_at": moment("When it takes effect.", "2026-03-03T04:05:06.789012Z"),
}

_STATUSES = ("pending", "active", "on_hold", "paused", "cancelled", "failed", "expired", "past_due")
_FEEDBACK = (
    "too_expensive",
    "missing_features",
    "switched_service",
    "unused",
    "customer_service",
    "low_quality",
    "too_complex",
    "other",
)

_SUBSCRIPTION = Payload(
    "Subscription",
    {
        "subscription_id": text("The subscription's id.", SUBSCRIPTION),
        "status": one_of(_STATUSES, "Where the subscription stands.", "active"),
        "product_id": text("The plan.", PLAN),
        "quantity": integer("How many of it.", 1),
        "recurring_pre_tax_amount": money("What is charged each time before tax, in the smallest unit.", 2900),
        "currency": currency("The currency of the charges."),
        "tax_inclusive": boolean("Whether the amount includes tax.", False),
        "payment_frequency_count": integer("A charge every so many intervals.", 1),
        "payment_frequency_interval": one_of(INTERVALS, "The interval between charges.", "Month"),
        "subscription_period_count": integer("How many intervals it runs for in all.", 10),
        "subscription_period_interval": one_of(INTERVALS, "The interval of its whole length.", "Year"),
        "trial_period_days": integer("Days of trial; 0 for none.", 14),
        "trial_amount": money("The price of the trial for one unit, before tax.", 100).or_null(),
        "customer": nested("Who subscribed.", CUSTOMER_FIELDS),
        "billing": nested("The billing address.", BILLING_FIELDS),
        "customer_business_name": text("The customer's company, as on the invoice.", "Northwind Labs LLC").or_null(),
        "tax_id": text("The customer's tax number.", "93-4821176").or_null(),
        "has_payment_method": boolean("Whether a payment method is on file.", True),
        "payment_method_id": text("The payment method that is charged.", PAYMENT_METHOD).or_null(),
        "on_demand": boolean("Whether the merchant charges when it wants instead of at intervals.", False),
        "addons": list_of("The add-ons.", _ADDON_FIELDS, [sample_of(_ADDON_FIELDS)]),
        "meters": list_of("The meters that usage is billed by.", _METER_FIELDS, [sample_of(_METER_FIELDS)]),
        "credit_entitlement_cart": list_of(
            "The credits that the plan grants.", _CREDIT_FIELDS, [sample_of(_CREDIT_FIELDS)]
        ),
        "meter_credit_entitlement_cart": list_of(
            "Which meter is paid from which credit.", _METER_CREDIT_FIELDS, [sample_of(_METER_CREDIT_FIELDS)]
        ),
        "discounts": list_of("The discounts that apply, in order.", DISCOUNT_FIELDS, DISCOUNTS).or_null(),
        "discount_id": text("The first discount; prefer discounts.", DISCOUNT).or_null(),
        "discount_cycles_remaining": integer("Cycles left of the first discount; prefer discounts.", 2).or_null(),
        "custom_field_responses": list_of(
            "What the customer entered into the fields that the merchant added to the checkout.",
            CUSTOM_FIELD_FIELDS,
            CUSTOM_FIELDS,
        ).or_null(),
        "created_at": moment("When the subscription was made.", "2026-02-03T04:05:06.789012Z"),
        "previous_billing_date": moment("When it was last charged.", "2026-02-03T04:05:06.789012Z"),
        "next_billing_date": moment("When it is charged next.", "2026-03-03T04:05:06.789012Z"),
        "expires_at": moment("When it ends.", "2036-02-03T04:05:06.789012Z").or_null(),
        "payment_id": text("The payment behind a renewal; only subscription.renewed has it.").usually_null(),
        "paused_at": moment("When it was paused.").usually_null(),
        "past_due_ends_at": moment("When the time to pay a missed charge runs out.").usually_null(),
        "scheduled_change": nested("A change of plan that is due.", _PLAN_CHANGE_FIELDS).usually_null(),
        "cancel_at_next_billing_date": boolean("Whether it ends at the next billing date.", False),
        "cancelled_at": moment("When it was cancelled.").usually_null(),
        "cancelled_by": nested("Who cancelled it.", _CANCELLED_BY_FIELDS).usually_null(),
        "cancellation_feedback": one_of(_FEEDBACK, "Why the customer left, as a code.").usually_null(),
        "cancellation_comment": text("Why the customer left, in words.").usually_null(),
        "metadata": metadata("What the merchant noted about the subscription.", {"workspace": "northwind", "seats": 3}),
        "brand_id": text("The brand that sold.", BRAND),
    },
)

_CHARGED_AGAIN = {
    "previous_billing_date": "2026-03-03T04:05:06.789012Z",
    "next_billing_date": "2026-04-03T04:05:06.789012Z",
}

GROUP = Group(
    "subscription",
    "Subscription",
    "A customer pays again and again, until one side ends it.",
    (
        _SUBSCRIPTION.event(
            "subscription.active",
            "Sent when a subscription starts, or works again after a pause or a missed payment.",
            "2026-02-03T04:05:31.274905Z",
        ),
        _SUBSCRIPTION.event(
            "subscription.renewed",
            "Sent when a subscription was charged for another period.",
            "2026-03-03T04:05:40.502811Z",
            **_CHARGED_AGAIN,
            payment_id=RENEWAL,
        ),
        _SUBSCRIPTION.event(
            "subscription.on_hold",
            "Sent when a subscription is put on hold because a renewal could not be charged.",
            "2026-03-03T04:06:12.917336Z",
            status="on_hold",
        ),
        _SUBSCRIPTION.event(
            "subscription.past_due",
            "Sent when a charge was missed and the customer has some days left to pay it.",
            "2026-03-03T04:06:12.917336Z",
            status="past_due",
            past_due_ends_at="2026-03-10T04:06:12.917336Z",
        ),
        _SUBSCRIPTION.event(
            "subscription.paused",
            "Sent when a subscription is paused: nothing is charged until it resumes.",
            "2026-02-21T09:14:03.660482Z",
            status="paused",
            paused_at="2026-02-21T09:14:03.660482Z",
        ),
        _SUBSCRIPTION.event(
            "subscription.unpaused",
            "Sent when a paused subscription resumes.",
            "2026-02-27T18:30:55.041973Z",
        ),
        _SUBSCRIPTION.event(
            "subscription.cancelled",
            "Sent when a subscription is cancelled and will not be charged again.",
            "2026-02-25T12:48:37.129556Z",
            status="cancelled",
            cancelled_at="2026-02-25T12:48:37.129556Z",
            cancelled_by=sample_of(_CANCELLED_BY_FIELDS),
            cancellation_feedback="missing_features",
            cancellation_comment="We need single sign-on.",
        ),
        _SUBSCRIPTION.event(
            "subscription.failed",
            "Sent when a subscription could not start because its first charge or mandate failed.",
            "2026-02-03T04:05:31.274905Z",
            status="failed",
            has_payment_method=False,
            payment_method_id=None,
            trial_period_days=0,
            trial_amount=None,
        ),
        _SUBSCRIPTION.event(
            "subscription.expired",
            "Sent when a subscription has reached the end of its term.",
            "2036-02-03T04:05:07.305128Z",
            status="expired",
            discounts=[],
            discount_id=None,
            discount_cycles_remaining=None,
            previous_billing_date="2036-01-03T04:05:06.789012Z",
            next_billing_date="2036-02-03T04:05:06.789012Z",
        ),
        _SUBSCRIPTION.event(
            "subscription.plan_changed",
            "Sent when a subscription moves to another plan.",
            "2026-03-03T04:05:09.448217Z",
            **_CHARGED_AGAIN,
            product_id=_BIGGER_PLAN,
            recurring_pre_tax_amount=9900,
            addons=[sample_of(_ADDON_FIELDS, quantity=5)],
        ),
        _SUBSCRIPTION.event(
            "subscription.updated",
            "Sent when any field of a subscription changes.",
            "2026-02-20T15:11:02.731094Z",
            scheduled_change=sample_of(_PLAN_CHANGE_FIELDS),
        ),
        _SUBSCRIPTION.event(
            "subscription.update_payment_method",
            "Sent when the payment method of a subscription is replaced.",
            "2026-02-24T07:02:46.883560Z",
            payment_method_id="pm_2bYtX9mQz5RwKv8HcLpNd",
        ),
    ),
)
