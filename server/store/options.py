"""Settings that people change on the settings page: one row an option, stored as encrypted JSON."""

import json
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import Connection, Select, delete, select, update

from server.domain.ids import EndpointId, Millis, UserId
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import OPERATIONAL_EVENTS, sent_by_default
from server.domain.pulled import Fingerprints
from server.store.columns import dump
from server.store.rows import insert_new
from server.store.schema import options
from server.store.vault import seal, unseal

log = structlog.get_logger()

ALERTS = "alerts"
KNOWN_BROWSERS = "known_browsers"
PUSHED = "pushed:"
"""The beginning of an option's name; the id of the endpoint follows."""
OBSERVED_UNTIL = "observed_until"

OFFERED_AT_FIRST = (
    "endpoint.disabled",
    "endpoint.about_to_be_disabled",
    "message.exhausted",
    "endpoint.recovered",
    "transformation.failing",
    "transformation.too_slow",
    "hookbench.fault",
)
"""The operational events that people could choose from before the stored settings listed the offered ones. One that was
never offered follows its own default."""


def alerts(tx: Connection) -> NotificationSettings:
    """Who is notified of operational events. Nobody, before anyone has chosen or if the stored value is unreadable."""
    found = tx.execute(select(options.c.value).where(options.c.name == ALERTS)).scalar()
    if found is None:
        return NotificationSettings()
    try:
        kept = json.loads(unseal(tx, options.c.value, ALERTS, found))
        chosen, offered = set(kept["kinds"]), set(kept.get("offered", OFFERED_AT_FIRST))
        return NotificationSettings(
            kinds=frozenset(OPERATIONAL_EVENTS.keys() & chosen | sent_by_default() - offered),
            addresses=tuple(str(address) for address in kept["addresses"]),
            webhook_url=str(kept["webhook_url"]),
            webhook_secret=str(kept["webhook_secret"]),
        )
    except Exception:  # the row may hold anything
        return NotificationSettings(unreadable=True)


def set_alerts(tx: Connection, alerts: NotificationSettings, now: Millis) -> None:
    plain = dump(
        {
            "kinds": sorted(alerts.kinds),
            "offered": list(OPERATIONAL_EVENTS),
            "addresses": list(alerts.addresses),
            "webhook_url": alerts.webhook_url,
            "webhook_secret": alerts.webhook_secret,
        }
    )
    _set(tx, ALERTS, plain, now)


def known_browsers(tx: Connection) -> list[tuple[UserId, str]]:
    """(user id, hash of the browser's token) for each browser that someone has signed in with, oldest first."""
    found = tx.execute(select(options.c.value).where(options.c.name == KNOWN_BROWSERS)).scalar()
    if found is None:
        return []
    try:
        pairs = json.loads(unseal(tx, options.c.value, KNOWN_BROWSERS, found))
        return [(UserId(user_id), str(token_hash)) for user_id, token_hash in pairs]
    except Exception as error:  # browsers are learned again; an error would lock people out
        log.warning("accounts.known_browsers_unreadable", error=type(error).__name__)
        return []


def set_known_browsers(tx: Connection, known: Sequence[tuple[UserId, str]], now: Millis) -> None:
    _set(tx, KNOWN_BROWSERS, dump([list(pair) for pair in known]), now)


def observed_until(tx: Connection) -> str:
    """The id of the newest message whose fields were observed; empty before the first."""
    return _observed_until(tx, select(options.c.value).where(options.c.name == OBSERVED_UNTIL))


def take_observed(tx: Connection, after: str, until: str, now: Millis) -> bool:
    """Set ``observed_until`` from one id to another. False if another process has done so already."""
    mine = select(options.c.value).where(options.c.name == OBSERVED_UNTIL).with_for_update()
    if tx.execute(mine).first() is None:
        row = {"name": OBSERVED_UNTIL, "value": seal(tx, options.c.value, OBSERVED_UNTIL, until), "updated_at": now}
        return insert_new(tx, options, [row], ("name",)) == 1
    if _observed_until(tx, mine) != after:
        return False
    _set(tx, OBSERVED_UNTIL, until, now)
    return True


def _observed_until(tx: Connection, query: Select[Any]) -> str:
    found = tx.execute(query).scalar()
    try:
        return "" if found is None else unseal(tx, options.c.value, OBSERVED_UNTIL, found)
    except Exception:  # what is unreadable begins anew
        return ""


def pushed(tx: Connection, endpoint_id: EndpointId) -> Fingerprints | None:
    """What the last push to an endpoint left; ``None`` if there was none."""
    name = PUSHED + endpoint_id
    found = tx.execute(select(options.c.value).where(options.c.name == name)).scalar()
    if found is None:
        return None
    try:
        return Fingerprints.load(unseal(tx, options.c.value, name, found))
    except Exception as error:  # the next push compares with the folder alone
        log.warning("pushes.unreadable", endpoint_id=endpoint_id, error=type(error).__name__)
        return None


def set_pushed(tx: Connection, endpoint_id: EndpointId, left: Fingerprints, now: Millis) -> None:
    _set(tx, PUSHED + endpoint_id, left.dump(), now)


def forget_pushed(tx: Connection, endpoint_id: EndpointId) -> None:
    tx.execute(delete(options).where(options.c.name == PUSHED + endpoint_id))


def _set(tx: Connection, name: str, plain: str, now: Millis) -> None:
    value = seal(tx, options.c.value, name, plain)
    known = tx.execute(update(options).where(options.c.name == name).values(value=value, updated_at=now))
    if known.rowcount == 0:
        tx.execute(options.insert().values(name=name, value=value, updated_at=now))
