"""Whether the database can be written just now."""

from sqlalchemy import Connection, text

_REWRITE = text("UPDATE alembic_version SET version_num = version_num")
"""Changes nothing and writes a row: a full disk lets an empty transaction pass."""


def write(tx: Connection) -> None:
    """Write the least that is written for an event. Raises what any write would."""
    tx.execute(_REWRITE)
