"""Finds messages by what a person types: an id, the beginning of one, an e-mail address, an event type, an endpoint.

No search reads messages one by one: each kind of text has an index, and each look-up has a limit.
"""

import re
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, and_, select, text

from server.domain.catalog import EVENT_TYPES
from server.domain.ids import EndpointId, MessageId, Millis, SourceId, as_stored
from server.domain.messages import Delivery
from server.domain.search_terms import normalised
from server.store import options, search_text
from server.store.beginnings import begins_with
from server.store.messages import of_messages
from server.store.schema import (
    attempts,
    deliveries,
    endpoints,
    messages,
    observations,
    search_recent,
)
from server.store.search_terms import ALL, ID_WIDTH
from server.store.search_text import Looked

MAX_FOUND = 1_000
"""Messages that one look-up finds; of more, the newest."""
FIRST_LOOKED, MAX_LOOKED = 2_000, 8_000
"""Messages with a search term, of all sources, among which those of one source are looked for at once, until there are
``MAX_FOUND``, none are left or the time is up."""
LOOK_SECONDS = 0.05
MEANING_SECONDS = 1.0
"""How long to look for one message at most, when what a text stands for depends on whether there is any."""
NEWEST = 2_000
"""Of the webhook ids with a beginning that more than ``MAX_FOUND`` have, those of so many newest messages are found."""
MIN_BEGINNING = 4
"""Characters of the beginning of a search term; a shorter text is compared with whole terms only."""
MIN_SUGGESTED = 3
"""The same while a person is typing and a few of the newest are enough."""
MAX_TEXT = 256
_LAST = "\U0010ffff"
"""After every character of a search term."""

_OURS = re.compile(r"(msg|dlv|att|ep)_([0-9a-z]{1,26})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What a typed text stands for in a source."""

    event_types: tuple[str, ...] = ()
    """Event types with this name or beginning."""
    endpoint_ids: tuple[EndpointId, ...] = ()
    """Endpoints with this id, or with the text in their name."""
    message_ids: tuple[MessageId, ...] = ()
    """Messages by their id or webhook id, by a search term, attempt or delivery; newest first."""
    searched_to: str = ""
    """The id at which the search was cut off: older messages may match too. Empty when everything was searched."""


def suggest(tx: Connection, source_id: SourceId, typed: str, limit: int) -> Found:
    """What a text may become that a person is typing: like ``find``, and event types that begin so or have such a part,
    endpoints with the text in their name beside them, and the newest messages from ``MIN_SUGGESTED`` characters on."""
    text = typed.strip()[:MAX_TEXT].lower()
    found = find(tx, source_id, typed, limit=limit, min_beginning=MIN_SUGGESTED)
    if not text.isprintable() or len(text) < MIN_SUGGESTED - 1:
        return found
    event_types = found.event_types or tuple(
        sorted(one for one in _known_types(tx) if text in one.lower() and _begins_part(one.lower(), text))
    )
    first = sorted(event_types, key=lambda one: not one.lower().startswith(text))
    named = found.endpoint_ids or (_endpoints(tx, source_id, part=text) if found.event_types else ())
    return replace(found, event_types=tuple(first), endpoint_ids=named)


def find(
    tx: Connection,
    source_id: SourceId,
    typed: str,
    *,
    before: str = "",
    limit: int | None = None,
    min_beginning: int = MIN_BEGINNING,
    until: float | None = None,
) -> Found:
    """What a typed text stands for; nothing for an empty text. Finds the newest ``limit`` messages before ``before``,
    or ``MAX_FOUND``.

    ``until``: by the monotonic clock, when to begin no further step; by default ``LOOK_SECONDS`` from now.

    A text is an event type or the beginning of one (``payment.``). Otherwise it is the id, or the beginning of the id,
    of a message, delivery, attempt or endpoint; the webhook id of a message or its beginning; a whole search term
    (payment, subscription, customer, refund, dispute and license-key ids, e-mail, metadata) or, from ``min_beginning``
    characters, its beginning; a part of an endpoint's name; with full text on, words anywhere in the payload.
    """
    limit = MAX_FOUND if limit is None else limit
    typed = typed.strip()[:MAX_TEXT]
    if not typed or not typed.isprintable():
        return Found()
    if event_types := _event_types(tx, typed.lower()):
        return Found(event_types=event_types)
    kind = ours[1].lower() if (ours := _OURS.fullmatch(typed)) else ""
    beginning = as_stored(typed)
    if kind == "ep":
        return Found(endpoint_ids=_endpoints(tx, source_id, beginning=beginning))
    until = time.monotonic() + LOOK_SECONDS if until is None else until
    looked = _by_id(tx, source_id, kind, typed, beginning, before)
    is_known = kind == "msg" and any(each.ids for each in looked)
    if kind not in ("att", "dlv") and not is_known and (term := normalised(typed)):
        looked.append(_by_term(tx, source_id, term, before, min_beginning, limit, until))
    if not kind and options.search_text(tx):
        looked.append(search_text.find(tx, typed, before, MAX_FOUND))
    searched_to = max((each.searched_to for each in looked), default="")
    found = _of_source(tx, source_id, {id for each in looked for id in each.ids if id >= searched_to})
    return Found(
        endpoint_ids=() if kind else _endpoints(tx, source_id, part=typed.lower()),
        message_ids=tuple(found[:limit]),
        searched_to=found[limit - 1] if len(found) > limit else searched_to,
    )


def leads_to_messages(tx: Connection, source_id: SourceId, typed: str) -> bool:
    """Whether a text stands for any message, however old. Where finding out takes long: yes."""
    found = find(tx, source_id, typed, limit=1, until=time.monotonic() + MEANING_SECONDS)
    return bool(found.message_ids or found.searched_to)


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message as the search shows it."""

    id: MessageId
    event_type: str
    received_at: Millis
    deliveries: tuple[Delivery, ...]
    """The most urgent ones first."""


def shown(tx: Connection, ids: Sequence[MessageId]) -> list[FoundMessage]:
    """These messages, newest first, without their bodies."""
    columns = (messages.c.id, messages.c.event_type, messages.c.received_at)
    found = tx.execute(select(*columns).where(messages.c.id.in_(ids)).order_by(messages.c.id.desc())).all()
    on_the_way = of_messages(tx, [row.id for row in found])
    for each in on_the_way.values():
        each.sort(key=lambda delivery: delivery.urgency)
    return [FoundMessage(row.id, row.event_type, row.received_at, tuple(on_the_way.get(row.id, ()))) for row in found]


def _event_types(tx: Connection, text: str) -> tuple[str, ...]:
    """The known event types that a text names: whole, or their first part, or up to somewhere after the dot."""
    if not re.fullmatch(r"[a-z0-9_.:/-]{3,128}", text):
        return ()
    known = _known_types(tx)
    beginning = text if "." in text else f"{text}."
    return tuple(sorted(one for one in known if one.lower() == text or one.lower().startswith(beginning)))


def _known_types(tx: Connection) -> set[str]:
    return {*EVENT_TYPES, *tx.execute(select(observations.c.event_type)).scalars()}


def _begins_part(event_type: str, text: str) -> bool:
    """Whether a part of an event type begins with the text: ``payment``, ``succeeded`` and ``payment.s`` do."""
    return any(event_type.startswith(text, at) for at in (0, *(m.end() for m in re.finditer("[._:/-]", event_type))))


def _endpoints(tx: Connection, source_id: SourceId, *, beginning: str = "", part: str = "") -> tuple[EndpointId, ...]:
    query = select(endpoints.c.id, endpoints.c.name, endpoints.c.card, endpoints.c.description).where(
        endpoints.c.source_id == source_id, endpoints.c.deleted_at.is_(None)
    )
    if beginning:
        query = query.where(begins_with(endpoints.c.id, beginning))
        return tuple(EndpointId(row.id) for row in tx.execute(query))
    return tuple(EndpointId(row["id"]) for row in tx.execute(query).mappings() if part in _words(row))


def _words(endpoint: RowMapping) -> str:
    return "\n".join(endpoint[column] for column in ("name", "card", "description")).lower()


def _sent_to(tx: Connection, endpoint_ids: Iterable[EndpointId], before: str) -> set[MessageId]:
    """The newest messages that have a delivery to one of the endpoints."""
    found: set[MessageId] = set()
    for endpoint_id in endpoint_ids:
        query = select(deliveries.c.message_id).where(deliveries.c.endpoint_id == endpoint_id)
        if before:
            query = query.where(deliveries.c.message_id < before)
        found |= set(tx.execute(query.order_by(deliveries.c.message_id.desc()).limit(MAX_FOUND)).scalars())
    return found


def _of_source(tx: Connection, source_id: SourceId, ids: Collection[MessageId]) -> list[MessageId]:
    """Those of the messages that exist and are of this source, newest first."""
    mine = select(messages.c.id).where(messages.c.id.in_(ids), messages.c.source_id == source_id)
    return sorted(tx.execute(mine).scalars(), reverse=True) if ids else []


def _by_term(
    tx: Connection, source_id: SourceId, term: str, before: str, min_beginning: int, most: int, until: float
) -> Looked:
    """The source's newest messages with this search term; without any, those with one that begins so.

    Which of the two does not depend on ``before``: a list must not change its meaning where the next page begins.
    """
    whole, quoted = partial(_with_term, tx, source_id, term, term), f'"{term}"'
    looked = whole(quoted, before, most, until)
    if looked.ids or looked.searched_to or len(term) < min_beginning:
        return looked
    if before and any(whole(quoted, "", 1, time.monotonic() + MEANING_SECONDS)):
        return looked
    return _with_term(tx, source_id, term, term + _LAST, f'"{term}', before, most, until)


_ID = f"substr(search_segments.message_ids, 1 + {ID_WIDTH} * search_terms.number, {ID_WIDTH})"
_OF_ALL = (
    f"SELECT {_ID} AS id, search_segments.last_id FROM search_segments CROSS JOIN search_terms "  # noqa: S608  our own text
    "WHERE search_terms.segment = search_segments.id AND search_terms.term >= :first AND search_terms.term <= :last "
    f"AND search_segments.first_id < :before AND {_ID} < :before_bytes AND search_segments.last_id <= :reached "
    "ORDER BY search_segments.last_id DESC LIMIT :looked"
)
"""Looks into each segment, from the newest on, until there are enough. CROSS JOIN tells SQLite not to begin with the
terms, which are too many to read; for PostgreSQL it is a join like any other."""
_SEGMENTED = {
    dialect: text(
        f"WITH looked AS ({_OF_ALL}) SELECT id, '' AS last_id FROM looked "  # noqa: S608  our own text
        f"WHERE (SELECT source_id FROM messages WHERE messages.id = rtrim({id})) = :source "
        "UNION ALL SELECT NULL, CASE WHEN count(*) = :looked THEN min(last_id) END FROM looked"
    )
    for dialect, id in (
        ("sqlite", "CAST(looked.id AS TEXT)"),
        ("postgresql", "convert_from(looked.id, 'UTF8') COLLATE \"default\""),
    )
}
"""Those of one source: not a join, for which PostgreSQL might read all messages. And a row without an id, with the last
id of the segment in which the look ended; none if there was no more. The id gets the collation of the index of
messages: ``convert_from`` has another, with which PostgreSQL reads the whole index for each id."""


def _with_term(
    tx: Connection, source_id: SourceId, first: str, last: str, recent: str, before: str, most: int, until: float
) -> Looked:
    """The source's newest messages with a term from ``first`` to ``last``; ``recent``: how ``search_recent`` has it.

    Of more than ``most`` only some are found.
    """
    before = before or ALL
    of = select(messages.c.source_id).where(messages.c.id == search_recent.c.message_id).scalar_subquery()
    newest = select(search_recent.c.message_id).where(
        search_recent.c.terms.contains(recent, autoescape=True), search_recent.c.message_id < before, of == source_id
    )
    found = set(tx.execute(newest.order_by(search_recent.c.message_id.desc()).limit(most)).scalars())
    least = min(found) if len(found) >= most else ""
    parameters: dict[str, Any] = {"first": first, "last": last, "before": before, "before_bytes": before.encode()}
    reached, number = str(ALL), min(FIRST_LOOKED, 20 * most)
    while True:
        parameters |= {"looked": number, "source": source_id, "reached": reached}
        ends: str | None = None
        for id, last_id in tx.execute(_SEGMENTED[tx.dialect.name], parameters):
            if id is None:
                ends = last_id
            else:
                found.add(MessageId(bytes(id).decode().rstrip()))
        if ends is None:
            return Looked(found, least)
        # The segment in which the look ended is looked into again: by all of it if it has more than one look.
        number = number * 2 if ends == reached else min(number * 2, MAX_LOOKED)
        reached = ends
        searched_to = f"{reached}0"  # the next id after it
        enough = sum(id >= searched_to for id in found) >= most
        if searched_to < before and (enough or time.monotonic() >= until):
            return Looked(found, max(least, searched_to))


def _by_id(tx: Connection, source_id: SourceId, kind: str, typed: str, beginning: str, before: str) -> list[Looked]:
    """Messages by the beginning of their webhook id or of an id of ours of this kind; the newest ones of many."""
    if kind == "att":
        own = attempts.c.source_id == source_id
        return [_of_newest_rows(tx, attempts.c.message_id, attempts.c.id, beginning, before, MAX_FOUND, own)]
    if kind == "dlv":  # of any source: no index has the source too
        return [_of_newest_rows(tx, deliveries.c.message_id, deliveries.c.id, beginning, before, MAX_LOOKED)]
    looked = [_by_webhook_id(tx, source_id, typed, before)]
    if kind == "msg":
        own = messages.c.source_id == source_id
        looked.append(_of_newest_rows(tx, messages.c.id, messages.c.id, beginning, before, MAX_FOUND, own))
    return looked


def _of_newest_rows(
    tx: Connection, of: Column[Any], id: Column[Any], beginning: str, before: str, most: int, *own: ColumnElement[bool]
) -> Looked:
    """The messages of the newest rows whose id begins so. ``of``: the column with the message's id.

    Ids grow with time, and a row is made after its message came. So all messages since the oldest row are found.
    """
    query = select(of, id).where(begins_with(id, beginning), *own)
    rows = tx.execute((query.where(of < before) if before else query).order_by(id.desc()).limit(most + 1)).all()
    reached = f"msg_{rows[-1][1].partition('_')[2]}" if len(rows) > most else ""
    return Looked({row[0] for row in rows}, reached if not before or reached < before else "")


def _by_webhook_id(tx: Connection, source_id: SourceId, beginning: str, before: str) -> Looked:
    id = messages.c.id
    own = and_(messages.c.source_id == source_id, *([id < before] if before else []))
    begin_so = select(id).where(own, begins_with(messages.c.webhook_id, beginning))
    found = set(tx.execute(begin_so.limit(MAX_FOUND + 1)).scalars())
    if len(found) <= MAX_FOUND:
        return Looked(found)
    newest = select(id, messages.c.webhook_id).where(own).order_by(id.desc()).limit(NEWEST).subquery()
    found = set(tx.execute(select(newest.c.id).where(begins_with(newest.c.webhook_id, beginning))).scalars())
    oldest = select(id).where(own).order_by(id.desc()).offset(NEWEST - 1).limit(1)
    return Looked(found, tx.execute(oldest).scalar() or "")
