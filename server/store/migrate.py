"""Migrates the tables at start. Each change of ``schema.py`` needs a file in ``migrations/versions``."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Apply all missing migrations in one transaction, so that an interruption leaves the database as it was."""
    with engine.begin() as connection:
        # An upgrade loads every migration, even when none is missing.
        if not is_current(connection):
            command.upgrade(config_for(connection), "head")


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this program."""
    return MigrationContext.configure(connection).get_current_heads() == revisions()[:1]


@cache
def revisions() -> tuple[str, ...]:
    """The revisions that this program knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(config_for(None)).walk_revisions())


def config_for(connection: Connection | None) -> Config:
    """Alembic's configuration: the folder of the migrations, and the connection to migrate."""
    config = Config()
    config.attributes["connection"] = connection
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
