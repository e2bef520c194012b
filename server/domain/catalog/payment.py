"""Payments: what a customer was charged, and how that went."""

from typing import Any

from server.domain.catalog.people import (
    BILLING_FIELDS,
    BRAND,
    CUSTOM_FIELD_FIELDS,
    CUSTOM_FIELDS,
    CUSTOMER_FIELDS,
    DISCOUNT,
    DISCOUNT_FIELDS,
    DISCOUNTS,
    DISPUTE_FIELDS,
    ONE_TIME_PRODUCT,
    PAYMENT,
    PAYMENT_METHOD,
    PLAN,
    REFUND_FIELDS,
    RENEWAL,
    SUBSCRIPTION,
)
from server.domain.catalog.shapes import (
    BUSINESS,
    Group,
    Payload,
    boolean,
    country,
    currency,
    integer,
    list_of,
    metadata,
    moment,
    money,
    nested,
    one_of,
    sample_of,
    text,
    texts,
)

_SERVICE_PERIOD = {
    "subscription_id": text("The subscription.", SUBSCRIPTION),
    "starts_at": moment("Start of the period that was paid for.", "2026-02-03T04:05:06.789012Z"),
    "ends_at": moment("End of the period that was paid for.", "2026-03-03T04:05:06.789012Z"),
    "proration_factor": text("The part of a full period that was paid for, 1 being all of it.", "1"),
}

_PRODUCT = {
    "product_id": text("The product.", PLAN),
    "quantity": integer("How many of it.", 1),
}
_CART = [sample_of(_PRODUCT), sample_of(_PRODUCT, product_id=ONE_TIME_PRODUCT, quantity=2)]

_STATUSES = (
    "succeeded",
    "failed",
    "cancelled",
    "processing",
    "requires_customer_action",
    "requires_merchant_action",
    "requires_payment_method",
    "requires_confirmation",
    "requires_capture",
    "partially_captured",
    "partially_captured_and_capturable",
)

_PAYMENT = Payload(
    "Payment",
    {
        "payment_id": text("The payment's id.", PAYMENT),
        "status": one_of(_STATUSES, "Where the payment stands.", "succeeded").or_null(),
        "total_amount": money("What was charged, tax included, in the smallest unit of the currency.", 4999),
        "tax": money("The tax in the total, in the smallest unit of the currency.", 401).or_null(),
        "currency": currency("The currency that the customer paid in."),
        "settlement_amount": money("What is credited to the business, in the settlement currency.", 4521),
        "settlement_tax": money("The tax in the settlement amount.", 363).or_null(),
        "settlement_currency": currency("The currency that the business is credited in."),
        "customer": nested("Who paid.", CUSTOMER_FIELDS),
        "billing": nested("The billing address.", BILLING_FIELDS),
        "payment_method": text("How it was paid, such as card or bank_transfer.", "card").or_null(),
        "payment_method_type": text("The method in detail, such as visa.", "visa").or_null(),
        "payment_method_id": text("The stored payment method that was used.", PAYMENT_METHOD).or_null(),
        "card_network": text("The card's network, in lower case.", "visa").or_null(),
        "card_type": text("Credit, debit or prepaid, in lower case.", "credit").or_null(),
        "card_last_four": text("The last four digits of the card.", "4242").or_null(),
        "card_exp_month": text("The month the card expires in, two digits.", "09").or_null(),
        "card_exp_year": text("The year the card expires in, four digits.", "2029").or_null(),
        "card_holder_name": text("The name on the card.", "Mira Lindqvist").or_null(),
        "card_issuing_country": country("The country the card was issued in.").or_null(),
        "three_ds_status": one_of(
            ("authenticated", "attempt_acknowledged", "exempted", "failed", "not_supported", "processing_error"),
            "What 3-D Secure found.",
            "authenticated",
        ).or_null(),
        "three_ds_flow": one_of(
            ("challenge", "frictionless"), "Whether 3-D Secure asked the customer for something.", "frictionless"
        ).or_null(),
        "three_ds_version": text("The version of 3-D Secure.", "2.2.0").or_null(),
        "product_cart": list_of("What was bought.", _PRODUCT, _CART).or_null(),
        "discounts": list_of("The discounts that applied, in order.", DISCOUNT_FIELDS, DISCOUNTS).or_null(),
        "discount_id": text("The first discount; prefer discounts.", DISCOUNT).or_null(),
        "custom_field_responses": list_of(
            "What the customer entered into the fields that the merchant added to the checkout.",
            CUSTOM_FIELD_FIELDS,
            CUSTOM_FIELDS,
        ).or_null(),
        "subscription_id": text("The subscription that was paid for, if it is exactly one.", SUBSCRIPTION).or_null(),
        "subscription_ids": texts("All subscriptions that were paid for.", [SUBSCRIPTION]),
        "charge_type": one_of(
            ("new", "renewal", "plan_change", "on_demand"), "What kind of subscription charge it is.", "new"
        ).or_null(),
        "service_periods": list_of(
            "The period that was paid for, one a subscription.", _SERVICE_PERIOD, [sample_of(_SERVICE_PERIOD)]
        ),
        "is_multi_subscription": boolean("Whether the payment starts several subscriptions.", False),
        "is_update_payment_method": boolean("Whether the charge only served to store a payment method.", False),
        "includes_usage": boolean("Whether metered usage or credit overage is billed too.", False),
        "retry_attempt": integer("Which retry of a failed renewal it is; 0 for the first charge.", 0),
        "refunds": list_of("What has been paid back so far.", REFUND_FIELDS),
        "refund_status": one_of(("partial", "full"), "How much has been paid back.").usually_null(),
        "disputes": list_of("The disputes about the payment.", DISPUTE_FIELDS),
        "digital_products_delivered": boolean("Whether the digital products were delivered.", False),
        "error_code": text("Why the payment failed, as a code.").usually_null(),
        "error_message": text("Why the payment failed, in words.").usually_null(),
        "invoice_id": text("The invoice's id.", "inv_8zTqW4kXm6RvNb2HcLpYd").or_null(),
        "invoice_url": text(
            "Where the invoice can be downloaded.", f"https://live.dodopayments.com/invoices/payments/{PAYMENT}"
        ).or_null(),
        "payment_link": text(
            "The page where the customer paid.", "https://checkout.dodopayments.com/m7Qx2Lw9"
        ).or_null(),
        "checkout_session_id": text("The checkout session.", "cks_2qVnT8wKx5RzHm7LcBpYd").or_null(),
        "payment_provider": one_of(("stripe", "adyen", "dodo"), "Who processed the payment.", "dodo"),
        "metadata": metadata("What the merchant noted about the payment.", {"order": "NW-1042", "gift": False}),
        "brand_id": text("The brand that sold.", BRAND),
        "business_id": text("The business that was paid.", BUSINESS),
        "created_at": moment("When the payment was started.", "2026-02-03T04:05:06.789012Z"),
        "updated_at": moment("When the payment last changed.", "2026-02-03T04:05:30.000001Z").or_null(),
    },
)

# What a payment lacks until it has gone through.
_UNSETTLED: dict[str, Any] = {
    "settlement_amount": 0,
    "settlement_tax": None,
    "service_periods": [],
    "digital_products_delivered": False,
    "invoice_id": None,
    "invoice_url": None,
}

_NO_3DS = dict.fromkeys(("three_ds_status", "three_ds_flow", "three_ds_version"))
_NO_CARD = _NO_3DS | dict.fromkeys(
    (
        "card_network",
        "card_type",
        "card_last_four",
        "card_exp_month",
        "card_exp_year",
        "card_holder_name",
        "card_issuing_country",
    )
)

GROUP = Group(
    "payment",
    "Payment",
    "A customer pays, once or for a subscription.",
    (
        # Dodo sends a payment as it stands at the time of delivery: a late copy shows what happened to it since then.
        _PAYMENT.event(
            "payment.succeeded",
            "Sent when a payment succeeds.",
            "2026-02-03T04:05:30.000001Z",
            digital_products_delivered=True,
            updated_at="2026-02-18T14:41:19.785402Z",
            refund_status="partial",
            refunds=[sample_of(REFUND_FIELDS)],
            disputes=[
                sample_of(
                    DISPUTE_FIELDS,
                    dispute_stage="pre_dispute",
                    dispute_status="dispute_cancelled",
                    remarks="The customer withdrew it after the partial refund.",
                )
            ],
        ),
        _PAYMENT.event(
            "payment.failed",
            "Sent when a payment fails.",
            "2026-03-03T04:06:12.430218Z",
            **_UNSETTLED,
            **_NO_3DS,
            payment_id=RENEWAL,
            status="failed",
            charge_type="renewal",
            retry_attempt=1,
            error_code="INSUFFICIENT_FUNDS",
            error_message="The card has insufficient funds. Ask the customer to use another payment method.",
            product_cart=None,
            checkout_session_id=None,
            payment_link=None,
            created_at="2026-03-03T04:05:58.114902Z",
            updated_at="2026-03-03T04:06:12.430218Z",
        ),
        _PAYMENT.event(
            "payment.processing",
            "Sent when a payment is being processed and the bank has not decided yet.",
            "2026-02-03T04:05:09.551200Z",
            **_UNSETTLED,
            **_NO_CARD,
            status="processing",
            payment_method="sepa",
            payment_method_type="sepa",
            currency="EUR",
            total_amount=4600,
            tax=800,
            updated_at="2026-02-03T04:05:09.551200Z",
        ),
        _PAYMENT.event(
            "payment.cancelled",
            "Sent when a payment is cancelled before it succeeds.",
            "2026-02-03T04:20:41.003377Z",
            **_UNSETTLED,
            **_NO_CARD,
            status="cancelled",
            payment_method=None,
            payment_method_type=None,
            payment_method_id=None,
            subscription_id=None,
            subscription_ids=[],
            charge_type=None,
            product_cart=[sample_of(_PRODUCT, product_id=ONE_TIME_PRODUCT, quantity=1)],
            currency="JPY",
            total_amount=7800,
            tax=709,
            updated_at="2026-02-03T04:20:41.003377Z",
        ),
    ),
)
