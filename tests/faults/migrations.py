"""SIGKILL after each statement of the migrations, on a database of Hookbench's first version."""

import hashlib
import json
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from alembic import command
from builders import NOW, SECRET, a_source
from running import Running, wait_for
from sqlalchemy import create_engine

from faults import left
from faults.bench import TESTS, Figures, a_folder
from faults.ledger import Sink
from faults.runner import MIGRATION
from server.domain.ids import DeliveryId, EndpointId, MessageId, mint
from server.store.migrate import config_for, revisions

WAITING = 20
"""Number of events that the old server had not delivered yet."""


def an_old_database(file: Path, port: int) -> None:
    """Make a database at revision 0001 with pending deliveries to ``port``, in the form that version wrote."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "0001")
    engine.dispose()
    source, endpoint = a_source(), mint(EndpointId)
    with closing(sqlite3.connect(file)) as old:
        old.execute("PRAGMA journal_mode=WAL")
        columns = (source.id, source.name, source.mode.value, source.token, source.secret, NOW)
        old.execute("INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)", columns)
        old.execute(
            "INSERT INTO endpoints VALUES "
            "(?, ?, 'webhook', '', ?, 'send', '{}', '{}', NULL, '{}', 0, NULL, ?, 0, ?, ?, NULL)",
            (endpoint, source.id, f"http://127.0.0.1:{port}/", SECRET, NOW, NOW),
        )
        for number in range(WAITING):
            message = mint(MessageId)
            body = json.dumps({"type": "payment.succeeded", "data": {"n": number}}).encode()
            old.execute(
                "INSERT INTO messages VALUES (?, ?, ?, 'payment.succeeded', 'received', ?, ?)",
                (message, source.id, f"evt_{number}", NOW, body),
            )
            old.execute(
                "INSERT INTO deliveries VALUES (?, ?, ?, 'pending', 'event', 0, 0, ?, NULL, NULL, ?, ?)",
                (mint(DeliveryId), message, endpoint, NOW, NOW, NOW),
            )
        old.commit()


def kills_in_the_middle(most: int) -> Figures:
    """Kill after the first statement, the second and so on, up to ``most``; then start and check the deliveries."""
    figures = Figures("kill -9 in the middle of a migration", acknowledged=WAITING)
    with a_folder() as data, Sink() as sink:
        data.mkdir(mode=0o700)
        file = data / "hookbench.db"
        url = f"sqlite:///{file}"
        an_old_database(file, sink.port)
        before = contents(file)
        hookbench = Running(data, {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "PYTHONPATH": str(TESTS)})
        for count in range(1, most + 1):
            begun = time.monotonic()
            if not _dies_after(count, hookbench):
                break  # there are no more statements, so the server is running now
            figures.times += 1
            found = left.behind(url)
            figures.check(found.sound, "the database is damaged")
            figures.check(found.revision == "0001" and contents(file) == before, "half a migration was kept")
        else:
            hookbench.command, begun = Running.command, time.monotonic()
            hookbench.start()
        wait_for(lambda: sink.first_at, seconds=60, what="a delivery")
        figures.recovered_after(min(sink.first_at.values()) - begun)
        wait_for(lambda: not left.waiting(url), seconds=60)
        hookbench.stop()
        figures.check(left.behind(url).revision == revisions()[0], "the migration was not made in the end")
        figures.delivered = len(sink.seen)
        figures.duplicates = sum(sink.seen.values()) - len(sink.seen)
        figures.lost = WAITING - len(sink.seen)
        figures.check(not figures.lost and not figures.duplicates, "not every event was delivered once")
    return figures


def _dies_after(count: int, hookbench: Running) -> bool:
    """Start the server. Returns whether it was killed at the ``count``-th statement of the migration."""
    hookbench.command = (sys.executable, "-m", "faults.runner", MIGRATION, str(count))
    try:
        hookbench.start()
    except AssertionError:
        assert hookbench.process.returncode == -9, hookbench.log
        return True
    return False


def contents(file: Path) -> str:
    """A hash of every table and row."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()
