"""A database that is foreign, newer or damaged is refused with what to do, and not one byte of it is changed."""

from pathlib import Path

import pytest
from builders import a_source
from spoiled import REFUSED, Spoil, a_hookbench, an_older_one, sums
from sqlalchemy import create_engine, text

from server.store import Store, Unusable, look, sources


@pytest.mark.parametrize("spoil", REFUSED, ids=lambda spoil: spoil.__name__)
async def test_it_is_refused_and_left_alone(spoil: Spoil, tmp_path: Path) -> None:
    file = tmp_path / "hookbench.db"
    await a_hookbench(file)
    spoil(file)
    before = sums(tmp_path)
    for opening in (Store.open, look):
        with pytest.raises(Unusable, match=REFUSED[spoil]) as refusal:
            opening(f"sqlite:///{file}")
        assert str(file) in str(refusal.value)
        assert sums(tmp_path) == before


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_a_newer_database_is_refused_wherever_it_is(database: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(database)
    Store.open(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    engine.dispose()
    with pytest.raises(Unusable, match="newer Hookbench"):
        Store.open(url)


def test_tables_of_others_beside_ours_are_no_reason_on_a_server(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE albums (name TEXT)"))
    Store.open(postgres_url).close()
    Store.open(postgres_url).close()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM albums")).scalar_one() == 0
    engine.dispose()


def test_a_table_of_others_with_a_name_of_ours_is_left_alone_on_a_server(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE messages (subject TEXT)"))
    with pytest.raises(Unusable, match="belongs to another program"):
        Store.open(postgres_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM messages")).scalar_one() == 0
    engine.dispose()


async def test_a_look_says_what_is_there_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "hookbench.db"
    assert look(f"sqlite:///{file}") == f"SQLite, {file} will be made at the first start"
    assert not file.exists()
    await a_hookbench(file)
    assert look(f"sqlite:///{file}").startswith(f"SQLite, {file}, revision 0")
    an_older_one(file)
    before = sums(tmp_path)
    assert "revision 0001, to be updated to 0" in look(f"sqlite:///{file}")
    assert sums(tmp_path) == before


async def test_a_database_in_use_can_be_looked_at(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hookbench.db'}"
    store = Store.open(url)
    await store.write(lambda tx: sources.insert(tx, a_source()))
    assert "revision" in look(url)
    Store.open(url).close()
    assert len(await store.read(sources.every)) == 1
    store.close()
