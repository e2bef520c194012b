"""A change of the schema without its migration would only be seen on a database that exists already."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from server.store import Store, Unusable
from server.store.schema import metadata


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_the_migrations_build_the_schema(database: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(database)
    Store.open(url).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_opening_twice_changes_nothing(sqlite_url: str) -> None:
    Store.open(sqlite_url).close()
    Store.open(sqlite_url).close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "hookbench.db"
    file.write_bytes(b"my holiday pictures" * 100)
    with pytest.raises(Unusable, match="not a SQLite database"):
        Store.open(f"sqlite:///{file}")
    assert file.read_bytes() == b"my holiday pictures" * 100


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://host/name", "sqlite://"])
def test_a_database_address_that_cannot_be_used_is_answered_with_a_sentence(url: str) -> None:
    with pytest.raises(Unusable, match=r"postgresql|file"):
        Store.open(url)
