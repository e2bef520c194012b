"""Full text in payloads: SQLite's FTS5 or PostgreSQL's ``tsvector``, in tables that exist while the setting is on.

The tables are not in ``schema`` because they differ between the databases, and most people never switch this on. Rows
have the number of their message, which grows with time, so the newest matches come first without sorting.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, bindparam, inspect, select, text

from server.domain.ids import MessageId, Millis, earliest
from server.domain.search_words import MIN_BEGINNING, phrases_of
from server.store import options
from server.store.retention import DONE, PruneStep
from server.store.schema import messages

NEWEST, NEWER = 2_000, 20_000
ENOUGH = 60
"""In PostgreSQL a common word is looked up in the ``NEWEST`` messages first; so many matches make a page. Of a word
with fewer there, and with more in all than a look finds, those among the ``NEWER`` messages are found."""

FORGOTTEN_AT_ONCE = 500

_BUILD: Mapping[str, Sequence[str]] = {
    "sqlite": (
        "CREATE TABLE search_texts (id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, words TEXT NOT NULL)",
        "CREATE VIRTUAL TABLE search_words USING fts5("
        "words, content='search_texts', content_rowid='id', tokenize='unicode61 remove_diacritics 0')",
    ),
    "postgresql": (
        "CREATE TABLE search_texts (id BIGINT PRIMARY KEY, message_id VARCHAR(40) NOT NULL, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_search_texts_words ON search_texts USING gin (words)",
    ),
}
_DROP: Mapping[str, Sequence[str]] = {
    "sqlite": ("DROP TABLE IF EXISTS search_words", "DROP TABLE IF EXISTS search_texts"),
    "postgresql": ("DROP TABLE IF EXISTS search_texts",),
}
_SHRINK: Mapping[str, Sequence[str]] = {
    "sqlite": (
        "DELETE FROM search_texts WHERE id IN (SELECT id FROM search_texts LIMIT :limit)",
        # What FTS5 keeps beside its table, except for the records that say how it is built.
        "DELETE FROM search_words_data WHERE id IN (SELECT id FROM search_words_data WHERE id > 10 LIMIT :limit)",
        "DELETE FROM search_words_docsize WHERE id IN (SELECT id FROM search_words_docsize LIMIT :limit)",
    ),
    "postgresql": (),
}
"""What makes tables small, so that dropping them delays no other write. PostgreSQL drops any table at once."""
_ADD: Mapping[str, Sequence[str]] = {
    "sqlite": (
        "INSERT INTO search_texts (id, message_id, words) VALUES (:id, :message_id, :words)",
        "INSERT INTO search_words (rowid, words) VALUES (:id, :words)",
    ),
    "postgresql": (
        "INSERT INTO search_texts (id, message_id, words) VALUES (:id, :message_id, CAST(:words AS tsvector))",
    ),
}
_FORGET: Mapping[str, Sequence[str]] = {
    "sqlite": (
        "INSERT INTO search_words (search_words, rowid, words) "
        "SELECT 'delete', id, words FROM search_texts WHERE id IN :ids",
        "DELETE FROM search_texts WHERE id IN :ids",
    ),
    "postgresql": ("DELETE FROM search_texts WHERE id IN :ids",),
}
_FIND_SQLITE = text(
    "SELECT message_id FROM search_texts WHERE id IN (SELECT rowid FROM search_words "
    "WHERE search_words MATCH :query AND rowid < :before ORDER BY rowid DESC LIMIT :limit)"
)
_FIND_NEWEST = text(
    "SELECT message_id FROM "
    "(SELECT id, message_id, words FROM search_texts WHERE id < :before ORDER BY id DESC LIMIT :newest) AS newest "
    "WHERE words @@ CAST(:query AS tsquery) ORDER BY id DESC LIMIT :limit"
)
_OLDEST_OF_NEWEST = text(
    "SELECT message_id FROM search_texts WHERE id < :before ORDER BY id DESC OFFSET :newest - 1 LIMIT 1"
)
_FIND_ANY = text(
    "SELECT message_id FROM search_texts WHERE words @@ CAST(:query AS tsquery) AND id < :before LIMIT :limit"
)

_ALPHABET = {character: value for value, character in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ")}
_END = 2**63 - 1


def build(tx: Connection) -> None:
    """Create the tables, empty."""
    drop(tx)
    _run(tx, _BUILD)


def drop(tx: Connection) -> None:
    """Delete the tables with all their rows."""
    _run(tx, _DROP)


def shrink(tx: Connection, limit: int) -> bool:
    """Delete up to ``limit`` rows of each table, and the tables when no rows are left. False when there are none.

    The words find nothing meanwhile, so call it only when ``options.search_text`` says that there are none.
    """
    if not exists(tx):
        return False
    deleted = [tx.execute(text(each), {"limit": limit}).rowcount for each in _SHRINK[tx.dialect.name]]
    if not any(deleted):
        drop(tx)
    return True


def exists(tx: Connection) -> bool:
    return inspect(tx).has_table("search_texts")


def add(tx: Connection, found: Iterable[tuple[MessageId, Sequence[str]]]) -> None:
    """Store the words of messages. Messages that are there already stay as they are; those deleted since stay away."""
    words_of = {message_id: words for message_id, words in found if words}
    # Locked, so that whoever deletes a message on PostgreSQL sees its words too.
    stored = select(messages.c.id).where(messages.c.id.in_(list(words_of))).with_for_update(read=True, key_share=True)
    rows = {number_of(id): (id, words_of[id]) for id in tx.execute(stored).scalars()}
    for known in tx.execute(_in("SELECT id FROM search_texts WHERE id IN :ids"), {"ids": list(rows)}).scalars():
        del rows[known]
    if not rows:
        return
    written = _as_text if tx.dialect.name == "sqlite" else _as_vector
    values = [{"id": number, "message_id": each, "words": written(words)} for number, (each, words) in rows.items()]
    for statement in _ADD[tx.dialect.name]:
        tx.execute(text(statement), values)


class Looked(NamedTuple):
    """What a look-up found."""

    ids: set[MessageId]
    searched_to: str = ""
    """Older messages than this id may match too; empty when all were looked at."""


def find(tx: Connection, typed: str, before: str, limit: int) -> Looked:
    """The newest messages whose payload has all parts of a typed text; of the last word its beginning is enough."""
    phrases = phrases_of(typed)
    if not phrases:
        return Looked(set())
    parameters: dict[str, Any] = {"before": number_of(before) if before else _END, "limit": limit}
    if tx.dialect.name == "sqlite":
        return _newest(set(tx.execute(_FIND_SQLITE, parameters | {"query": _fts(phrases)}).scalars()), limit)
    parameters |= {"query": _tsquery(phrases)}
    looked = _among_newest(tx, NEWEST, parameters)
    if len(looked.ids) >= min(limit, ENOUGH) or not looked.searched_to:
        return looked
    every = set(tx.execute(_FIND_ANY, parameters | {"limit": limit + 1}).scalars())
    return Looked(every) if len(every) <= limit else _among_newest(tx, NEWER, parameters)


def _among_newest(tx: Connection, number: int, parameters: dict[str, Any]) -> Looked:
    """What is found among so many newest messages."""
    parameters = parameters | {"newest": number}
    found = set(tx.execute(_FIND_NEWEST, parameters).scalars())
    if len(found) >= parameters["limit"]:
        return _newest(found, parameters["limit"])
    return Looked(found, tx.execute(_OLDEST_OF_NEWEST, parameters).scalar() or "")


def _newest(found: set[MessageId], limit: int) -> Looked:
    return Looked(found, min(found) if len(found) >= limit else "")


def forget(tx: Connection, message_ids: Sequence[MessageId]) -> None:
    """Delete the words of messages that were deleted, if there are any."""
    if not exists(tx):
        return
    for start in range(0, len(message_ids), FORGOTTEN_AT_ONCE):
        given = {"ids": [number_of(each) for each in message_ids[start : start + FORGOTTEN_AT_ONCE]]}
        for statement in _FORGET[tx.dialect.name]:
            tx.execute(_in(statement), given)


def prune(tx: Connection, before: Millis, *, cursor: str, limit: int) -> PruneStep:
    """Delete the words of messages that were deleted, of those received before that time."""
    if options.search_text(tx) is None:  # without it the tables are gone, or about to be
        return PruneStep(0, 0, DONE)
    end = number_of(earliest(MessageId, before))
    old = text("SELECT id, message_id FROM search_texts WHERE id > :after AND id < :end ORDER BY id LIMIT :limit")
    rows = tx.execute(old, {"after": int(cursor or 0), "end": end, "limit": limit}).all()
    if not rows:
        return PruneStep(0, 0, DONE)
    kept = set(tx.execute(_in("SELECT id FROM messages WHERE id IN :ids"), {"ids": [row[1] for row in rows]}).scalars())
    gone = [row[0] for row in rows if row[1] not in kept]
    for statement in _FORGET[tx.dialect.name] if gone else ():
        tx.execute(_in(statement), {"ids": gone})
    return PruneStep(len(gone), len(kept), DONE if len(rows) < limit else str(rows[-1][0]))


def number_of(message_id: str) -> int:
    """A number that grows with the time of a message: its milliseconds, and the last 15 bits of its id.

    Ids of one millisecond count up, so their last bits differ. Also takes the beginning of an id.
    """
    digits = [_ALPHABET.get(character, 0) for character in message_id.partition("_")[2].ljust(26, "0")[:26]]
    milliseconds = 0
    for digit in digits[:10]:
        milliseconds = milliseconds << 5 | digit
    return (milliseconds << 15 | digits[23] << 10 | digits[24] << 5 | digits[25]) & _END


def _run(tx: Connection, statements: Mapping[str, Sequence[str]]) -> None:
    for statement in statements[tx.dialect.name]:
        tx.execute(text(statement))


def _in(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("ids", expanding=True))


def _as_text(words: Sequence[str]) -> str:
    return " ".join(words)


def _as_vector(words: Sequence[str]) -> str:
    """A ``tsvector`` as text, so that PostgreSQL's parser, which cuts words its own way, has no part in it."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(found[:200])}" for word, found in places.items())


def _fts(phrases: Sequence[Sequence[str]]) -> str:
    quoted = [f'"{" ".join(words)}"' for words in phrases]
    return " AND ".join(quoted) + ("*" if len(phrases[-1][-1]) >= MIN_BEGINNING else "")


def _tsquery(phrases: Sequence[Sequence[str]]) -> str:
    quoted = [" <-> ".join(f"'{word}'" for word in words) for words in phrases]
    return " & ".join(f"({each})" for each in [*quoted[:-1], quoted[-1] + _beginning(phrases[-1][-1])])


def _beginning(word: str) -> str:
    return ":*" if len(word) >= MIN_BEGINNING else ""
