"""Hashes of what a form showed when it was opened, compared when it is saved.

They keep a person from overwriting a change that they have not seen.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.endpoints import Endpoint
from server.domain.notification_settings import NotificationSettings


class FormPart(StrEnum):
    """The forms of an endpoint."""

    DESTINATION = "destination"
    ADVANCED = "advanced"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a form showed to a person. With an empty ``stamp`` nothing is compared."""

    part: FormPart
    stamp: str = ""

    def is_stale(self, now: Endpoint) -> bool:
        """Whether anything that this form shows has changed since."""
        return bool(self.stamp) and self.stamp != stamp(now, self.part)


def stamp(endpoint: Endpoint, part: FormPart) -> str:
    """16 hexadecimal digits that change when what the form shows changes. They reveal nothing about secrets in it."""
    return _digest(endpoint.secret, _shown(endpoint, part))


def alerts_stamp(alerts: NotificationSettings) -> str:
    """As ``stamp``, for the form that sets who is notified of operational events."""
    shown = {"kinds": sorted(alerts.kinds), "addresses": alerts.addresses, "webhook_url": alerts.webhook_url}
    return _digest(alerts.webhook_secret, shown)


def _digest(secret: str, shown: Mapping[str, object]) -> str:
    key = hashlib.sha256(secret.encode()).digest()
    text = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8, key=key).hexdigest()


def _shown(endpoint: Endpoint, part: FormPart) -> dict[str, object]:
    match part:
        case FormPart.DESTINATION:
            return {
                "url": endpoint.url,
                "name": endpoint.name,
                "description": endpoint.description,
                "destination": endpoint.destination,
                "credentials": dict(endpoint.credentials),
                "event_types": None if endpoint.event_types is None else sorted(endpoint.event_types),
                "conditions": [(line.path, line.operator, line.value) for line in endpoint.conditions],
            }
        case FormPart.ADVANCED:
            return {
                "controls": repr(endpoint.controls),
                "headers": list(endpoint.headers.items()),
                "variables": list(endpoint.variables.items()),
                "transforming": endpoint.transforming,
                "destination": endpoint.destination,
            }
        case FormPart.CODE:
            return {
                "draft": endpoint.draft_id or "",
                "version": endpoint.version.id if endpoint.version else "",
                "variables": list(endpoint.variables.items()),
                "transforming": endpoint.transforming,
            }
