"""Entitlement grants: a purchase opens something for the customer elsewhere, such as files, a key or a channel."""

from server.domain.catalog.license_key import LICENSE_KEY, LICENSE_KEY_STATUSES, LICENSE_KEY_TEXT
from server.domain.catalog.people import BRAND, CUSTOMER, PAYMENT, SUBSCRIPTION
from server.domain.catalog.shapes import (
    BUSINESS,
    Group,
    Payload,
    integer,
    list_of,
    metadata,
    moment,
    nested,
    one_of,
    sample_of,
    text,
)

_FILE_FIELDS = {
    "file_id": text("The file.", "fil_8mTvX3kQz6RwNb9HcLpYd"),
    "filename": text("Its name.", "northwind-handbook.zip"),
    "content_type": text("Its media type.", "application/zip").or_null(),
    "file_size": integer("Its size in bytes.", 10485760).or_null(),
    "download_url": text("Where it can be downloaded.", "https://files.northwind.example/northwind-handbook.zip"),
    "expires_in": integer("Seconds that the download address works for.", 3600),
}

_FILES_FIELDS = {
    "files": list_of("The files.", _FILE_FIELDS, [sample_of(_FILE_FIELDS)]),
    "external_url": text("A page that holds more.", "https://handbook.northwind.example").or_null(),
    "instructions": text("What the customer should do.", "Unpack the archive and open index.html.").or_null(),
}

_KEY_FIELDS = {
    "id": text("The license key's id.", LICENSE_KEY),
    "key": text("The key itself, as the customer enters it.", LICENSE_KEY_TEXT),
    "status": one_of(LICENSE_KEY_STATUSES, "Whether the key works.", "active"),
    "activations_used": integer("On how many machines it is activated.", 2),
    "activations_limit": integer("On how many machines it may be activated.", 5).or_null(),
    "expires_at": moment("When the key stops working.", "2027-02-03T00:00:00Z").or_null(),
}

_FEATURE_FIELDS = {
    "feature_id": text("The feature.", "audit_log"),
    "feature_type": one_of(("boolean",), "What kind of switch it is.", "boolean"),
}

_INTEGRATIONS = (
    "discord",
    "telegram",
    "github",
    "figma",
    "framer",
    "notion",
    "digital_files",
    "license_key",
    "feature_flag",
)

_GRANT = Payload(
    "EntitlementGrant",
    {
        "id": text("The grant's id.", "egr_5qXwT9mKz3RvNb7HcLpYd"),
        "entitlement_id": text("What is granted.", "ent_2vNxK8tQz6RwHm4LcBpYd"),
        "integration_type": one_of(_INTEGRATIONS, "Where it is granted.", "digital_files"),
        "status": one_of(("Pending", "Delivered", "Failed", "Revoked"), "Where the grant stands.", "Pending"),
        "customer_id": text("Who gets it.", CUSTOMER),
        "payment_id": text("The payment that it came with.", PAYMENT).or_null(),
        "subscription_id": text("The subscription that it came with.").usually_null(),
        "digital_product_delivery": nested("The files, if it grants files.", _FILES_FIELDS).usually_null(),
        "license_key": nested("The key, if it grants a license key.", _KEY_FIELDS).usually_null(),
        "feature": nested("The feature, if it switches one on.", _FEATURE_FIELDS).usually_null(),
        "oauth_url": text("Where the customer connects their account.").usually_null(),
        "oauth_expires_at": moment("When that address stops working.").usually_null(),
        "error_code": text("Why it was not delivered, as a code.").usually_null(),
        "error_message": text("Why it was not delivered, in words.").usually_null(),
        "revocation_reason": text("Why it was taken back.").usually_null(),
        "metadata": metadata("What the merchant noted about the grant.", {"tier": "business"}),
        "brand_id": text("The brand that sold.", BRAND),
        "business_id": text("The business that sold.", BUSINESS),
        "created_at": moment("When the grant was made.", "2026-02-03T04:05:34Z"),
        "updated_at": moment("When the grant last changed.", "2026-02-03T04:05:34Z"),
        "delivered_at": moment("When it was delivered.").usually_null(),
        "revoked_at": moment("When it was taken back.").usually_null(),
    },
)

GROUP = Group(
    "entitlement_grant",
    "Entitlement grant",
    "A purchase gives the customer access to something, for example files, a key or a channel.",
    (
        _GRANT.event(
            "entitlement_grant.created",
            "Sent when a customer is to be given something that their purchase includes.",
            "2026-02-03T04:05:34.290716Z",
            integration_type="feature_flag",
            feature=sample_of(_FEATURE_FIELDS),
            subscription_id=SUBSCRIPTION,
        ),
        _GRANT.event(
            "entitlement_grant.delivered",
            "Sent when a customer has been given what their purchase includes.",
            "2026-02-03T04:06:12.833950Z",
            status="Delivered",
            digital_product_delivery=sample_of(_FILES_FIELDS),
            delivered_at="2026-02-03T04:06:12Z",
            updated_at="2026-02-03T04:06:12Z",
        ),
        _GRANT.event(
            "entitlement_grant.failed",
            "Sent when a customer could not be given what their purchase includes.",
            "2026-02-04T04:05:34.615208Z",
            integration_type="discord",
            status="Failed",
            oauth_url="https://customer.northwind.example/connect/discord",
            oauth_expires_at="2026-02-04T04:05:34Z",
            error_code="oauth_expired",
            error_message="The customer did not connect an account in time.",
            updated_at="2026-02-04T04:05:34Z",
        ),
        _GRANT.event(
            "entitlement_grant.revoked",
            "Sent when something is taken back that a purchase had included.",
            "2026-02-25T12:48:40.178823Z",
            integration_type="license_key",
            status="Revoked",
            subscription_id=SUBSCRIPTION,
            license_key=sample_of(_KEY_FIELDS, status="disabled"),
            revocation_reason="subscription_cancelled",
            delivered_at="2026-02-03T04:06:12Z",
            revoked_at="2026-02-25T12:48:40Z",
            updated_at="2026-02-25T12:48:40Z",
        ),
    ),
)
