"""Settings that people change on the settings page: one row an option, stored as encrypted JSON."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection, Select, delete, select, text, update

from server.domain.ids import EndpointId, Millis, UserId
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import OPERATIONAL_EVENTS, sent_by_default
from server.domain.pulled import Fingerprints
from server.domain.search_terms import Backfill, SearchSettings, TextIndex
from server.store.changes import search_changed
from server.store.columns import dump
from server.store.round_trips import Result, Statement
from server.store.rows import insert_new
from server.store.schema import options
from server.store.vault import seal, unseal

log = structlog.get_logger()

ALERTS = "alerts"
KNOWN_BROWSERS = "known_browsers"
PUSHED = "pushed:"
"""The beginning of an option's name; the id of the endpoint follows."""
OBSERVED_UNTIL = "observed_until"
COUNTED_UNTIL = "counted_until"
AFTER_ALL = "n"
"""After the ids of all messages, in each database's order of characters."""
DATABASE_SIZES = "database_sizes"
SEARCH = "search"
SEARCH_BACKFILL = "search_backfill"
SEARCH_TEXT = "search_text"

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


def search_settings(tx: Connection) -> SearchSettings:
    """What people chose for the search; the defaults before, and if the stored value is unreadable."""
    found = tx.execute(select(options.c.value).where(options.c.name == SEARCH)).scalar()
    if found is None:
        return SearchSettings()
    try:
        kept = json.loads(unseal(tx, options.c.value, SEARCH, found))
        return SearchSettings(
            tuple(str(key) for key in kept["metadata_keys"]), bool(kept["full_text"]), int(kept["edition"])
        )
    except Exception as error:  # the row may hold anything; events must come in all the same
        log.warning("search.settings_unreadable", error=type(error).__name__)
        return SearchSettings()


def set_search_settings(tx: Connection, settings: SearchSettings, now: Millis) -> None:
    plain = {
        "metadata_keys": list(settings.metadata_keys),
        "full_text": settings.full_text,
        "edition": settings.edition,
    }
    _set(tx, SEARCH, dump(plain), now)
    search_changed(tx, settings.edition)


def search_backfill(tx: Connection) -> Backfill | None:
    """How far older messages are indexed; ``None`` before that began, and if the stored value is unreadable."""
    query = select(options.c.value).where(options.c.name == SEARCH_BACKFILL)
    found = tx.execute(query).scalar()
    try:
        if found is None:
            return None
        kept = json.loads(unseal(tx, options.c.value, SEARCH_BACKFILL, found))
        return Backfill(int(kept["edition"]), str(kept["cursor"]), int(kept["done"]))
    except Exception as error:  # it begins anew
        log.warning("search.backfill_unreadable", error=type(error).__name__)
        return None


def set_search_backfill(tx: Connection, backfill: Backfill, now: Millis) -> None:
    plain = {"edition": backfill.edition, "cursor": backfill.cursor, "done": backfill.done}
    _set(tx, SEARCH_BACKFILL, dump(plain), now)


def counted_until(tx: Connection) -> str | None:
    """The id of the newest message that activity counts; ``None`` before anything was counted.

    If it cannot be read, an id after all others: no message must be counted twice.
    """
    return _counted_until(tx, tx.execute(_COUNTED_UNTIL).scalar())


_COUNTED_UNTIL = select(options.c.value).where(options.c.name == COUNTED_UNTIL)
"""Built once: each batch of messages reads it."""
COUNTED_QUERY = Statement(
    b"SELECT (SELECT value FROM options WHERE name = $1::text), clock_timestamp()",
    (COUNTED_UNTIL.encode(),),
)
"""What finds it in PostgreSQL, for ``counted_in``."""
YEAR_2000: Millis = 946_684_800_000
"""From which PostgreSQL counts microseconds in its binary format of times."""
_CLOCK = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")


class Counted(NamedTuple):
    until: str | None
    """``counted_until``"""
    clock: Millis | None
    """The time of the database's server when this was read, which all processes share; ``None`` on SQLite."""


def counted(tx: Connection) -> Counted:
    return Counted(counted_until(tx), clock(tx))


def clock(tx: Connection) -> Millis | None:
    """The time of the database's server; ``None`` on SQLite, whose one writer needs none."""
    return None if tx.dialect.name == "sqlite" else tx.execute(_CLOCK).scalar_one()


def counted_in(tx: Connection, found: Result) -> Counted:
    """``counted``, as ``COUNTED_QUERY`` found it."""
    [(value, now)] = found.rows
    until = _counted_until(tx, value.decode() if value is not None else None)
    return Counted(until, YEAR_2000 + int.from_bytes(now, "big", signed=True) // 1000)


def _counted_until(tx: Connection, found: str | None) -> str | None:
    try:
        return None if found is None else unseal(tx, options.c.value, COUNTED_UNTIL, found)
    except Exception as error:
        log.warning("activity.unreadable", error=type(error).__name__)
        return AFTER_ALL


def set_counted_until(tx: Connection, until: str, now: Millis) -> None:
    _set(tx, COUNTED_UNTIL, until, now)


def search_text(tx: Connection) -> TextIndex | None:
    """Which messages full text has; ``None`` while it has no tables."""
    found = tx.execute(select(options.c.value).where(options.c.name == SEARCH_TEXT)).scalar()
    try:
        if found is None:
            return None
        kept = json.loads(unseal(tx, options.c.value, SEARCH_TEXT, found))
        return TextIndex(str(kept["newest"]), str(kept["oldest"]), int(kept["done"]))
    except Exception as error:  # it is built anew
        log.warning("search.text_unreadable", error=type(error).__name__)
        return None


def set_search_text(tx: Connection, index: TextIndex | None, now: Millis) -> None:
    if index is None:
        tx.execute(delete(options).where(options.c.name == SEARCH_TEXT))
    else:
        _set(tx, SEARCH_TEXT, dump({"newest": index.newest, "oldest": index.oldest, "done": index.done}), now)


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


def text_of(tx: Connection, name: str) -> str:
    """The text of an option; empty when there is none and when it is unreadable."""
    found = tx.execute(select(options.c.value).where(options.c.name == name)).scalar()
    try:
        return "" if found is None else unseal(tx, options.c.value, name, found)
    except Exception:  # the row may hold anything
        return ""


def set_text(tx: Connection, name: str, plain: str, now: Millis) -> None:
    """Keep a text as an option."""
    _set(tx, name, plain, now)


def _set(tx: Connection, name: str, plain: str, now: Millis) -> None:
    value = seal(tx, options.c.value, name, plain)
    known = tx.execute(update(options).where(options.c.name == name).values(value=value, updated_at=now))
    if known.rowcount == 0:
        tx.execute(options.insert().values(name=name, value=value, updated_at=now))
