"""License keys: a customer bought something that a key unlocks."""

from server.domain.catalog.people import BRAND, CUSTOMER, ONE_TIME_PRODUCT, PAYMENT, SUBSCRIPTION
from server.domain.catalog.shapes import BUSINESS, Group, Payload, integer, moment, one_of, text

LICENSE_KEY_STATUSES = ("active", "expired", "disabled")
LICENSE_KEY = "lic_7kQxV3nTz9RwHm5LcBpYd"
LICENSE_KEY_TEXT = "3f6c1d0e-8b27-4a95-9e41-c7d52ab80f16"

_LICENSE_KEY = Payload(
    "LicenseKey",
    {
        "id": text("The license key's id.", LICENSE_KEY),
        "key": text("The key itself, as the customer enters it.", LICENSE_KEY_TEXT),
        "status": one_of(LICENSE_KEY_STATUSES, "Whether the key works.", "active"),
        "source": one_of(("auto", "import", "manual"), "How the key came to be.", "auto"),
        "product_id": text("The product that it unlocks.", ONE_TIME_PRODUCT),
        "customer_id": text("Who owns the key.", CUSTOMER),
        "payment_id": text("The payment that it came with.", PAYMENT).or_null(),
        "subscription_id": text("The subscription that it came with.", SUBSCRIPTION).or_null(),
        "activations_limit": integer("On how many machines it may be activated.", 5).or_null(),
        "instances_count": integer("On how many machines it is activated.", 0),
        "expires_at": moment("When the key stops working.", "2027-02-03T00:00:00Z").or_null(),
        "created_at": moment("When the key was made.", "2026-02-03T04:05:32.118409Z"),
        "brand_id": text("The brand that sold.", BRAND),
        "business_id": text("The business that sold.", BUSINESS),
    },
)

GROUP = Group(
    "license_key",
    "License key",
    "A customer gets a key that unlocks a product.",
    (
        _LICENSE_KEY.event(
            "license_key.created",
            "Sent when a license key is made for a customer.",
            "2026-02-03T04:05:32.207733Z",
        ),
    ),
)
