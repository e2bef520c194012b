"""Brings the tables up to date at start. Each change of ``schema.py`` comes with a file in ``migrations/versions``."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Apply every migration that this database has not seen, in one transaction: a kill leaves it as it was."""
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "head")


def revisions() -> list[str]:
    """The revisions that this program knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(config_for(None)).walk_revisions()]


def config_for(connection: Connection | None) -> Config:
    """What Alembic needs to know: where the migrations are, and what they are applied to."""
    config = Config()
    config.attributes["connection"] = connection
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
