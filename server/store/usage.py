"""How large the database is, and how large it was on each of the last days. Only cheap queries."""

import json

from sqlalchemy import Connection, text

from server.domain.ids import Millis
from server.store import options

DAY_MS: Millis = 24 * 3_600_000
MAX_DAYS = 31
"""Days whose size is kept: enough to show the growth over thirty days."""

_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}
_VERSION = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def size(tx: Connection) -> int:
    """The bytes of the database. A SQLite file keeps the pages of deleted rows and fills them again."""
    return int(tx.execute(text(_SIZE[tx.dialect.name])).scalar_one())


def database_name(tx: Connection) -> str:
    """The database's name and version: ``SQLite 3.45.1``"""
    return f"{_NAMES[tx.dialect.name]} {tx.execute(text(_VERSION[tx.dialect.name])).scalar_one()}"


def sizes(tx: Connection) -> dict[int, int]:
    """Bytes by day, days counted since 1970, oldest first. Empty before the first day was noted."""
    kept = options.text_of(tx, options.DATABASE_SIZES)
    try:
        return {int(day): int(size) for day, size in json.loads(kept or "{}").items()}
    except (ValueError, AttributeError):  # what is unreadable begins anew
        return {}


def note_size(tx: Connection, now: Millis) -> None:
    """Note the present size for today, unless it is noted already; forget days that are too old."""
    today, known = now // DAY_MS, sizes(tx)
    if today in known:
        return
    recent = sorted((known | {today: size(tx)}).items())[-MAX_DAYS:]
    options.set_text(tx, options.DATABASE_SIZES, json.dumps(dict(recent)), now)
