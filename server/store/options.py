"""What people set on the settings page: one row an option, JSON in it."""

import json

from sqlalchemy import Connection, select, update

from server.domain.alerts import Alerts
from server.domain.ids import Millis
from server.domain.notices import Kind
from server.store.columns import dump
from server.store.schema import options
from server.store.vault import seal, unseal

ALERTS = "alerts"


def alerts(tx: Connection) -> Alerts:
    """Who is told of operational events; nobody, before anybody chose."""
    found = tx.execute(select(options.c.value).where(options.c.name == ALERTS)).scalar()
    if found is None:
        return Alerts()
    kept = json.loads(unseal(tx, options.c.value, ALERTS, found))
    return Alerts(
        kinds=frozenset(Kind(kind) for kind in kept["kinds"]),
        addresses=tuple(kept["addresses"]),
        webhook_url=kept["webhook_url"],
        webhook_secret=kept["webhook_secret"],
    )


def set_alerts(tx: Connection, alerts: Alerts, now: Millis) -> None:
    plain = dump(
        {
            "kinds": sorted(alerts.kinds),
            "addresses": list(alerts.addresses),
            "webhook_url": alerts.webhook_url,
            "webhook_secret": alerts.webhook_secret,
        }
    )
    value = seal(tx, options.c.value, ALERTS, plain)
    known = tx.execute(update(options).where(options.c.name == ALERTS).values(value=value, updated_at=now))
    if known.rowcount == 0:
        tx.execute(options.insert().values(name=ALERTS, value=value, updated_at=now))
