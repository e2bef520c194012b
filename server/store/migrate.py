"""Migrates the tables at start. Each change of ``schema.py`` needs a file in ``migrations/versions``."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Apply all missing migrations in one transaction, so that an interruption leaves the database as it was."""
    with engine.begin() as connection:
        # An upgrade loads every migration, even when none is missing.
        if not is_current(connection):
            from alembic import command  # takes as long to import as the whole look

            command.upgrade(config_for(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this program."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return tuple(found) == revisions()[:1]


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that this program knows, newest first."""
    return tuple(sorted((each.name[:4] for each in MIGRATIONS.glob("versions/[0-9]*.py")), reverse=True))


def config_for(connection: Connection | None) -> "Config":
    """Alembic's configuration: the folder of the migrations, and the connection to migrate."""
    from alembic.config import Config

    config = Config()
    config.attributes["connection"] = connection
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
