"""What every fault is done to: a server with one endpoint, a sender before it and a destination behind it."""

import asyncio
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from builders import SECRET, a_source, an_endpoint
from running import Running, wait_for

from faults.ledger import Sender, Sink
from server.store import Store, Transaction, endpoints, sources

TESTS = Path(__file__).parent.parent
RECOVERY_SECONDS = 10.0
CODE = "function handler(webhook) { webhook.payload = { n: webhook.payload.data.n }; return webhook; }"


@dataclass
class Figures:
    """One line of the table."""

    what: str
    times: int = 0
    """How often the fault was done."""
    acknowledged: int = 0
    delivered: int = 0
    duplicates: int = 0
    allowed: int = 0
    """Deliveries that were under way at a kill: so many may come twice, and no others."""
    lost: int = 0
    recovery: float = 0.0
    """The longest time from a restart, or the end of the fault, to the first delivery, in seconds."""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What is not as it must be. Empty: all is well."""

    def check(self, holds: bool, words: str) -> None:
        if not holds:
            self.wrong.append(words)

    def recovered_after(self, seconds: float) -> None:
        self.recovery = max(self.recovery, seconds)
        self.check(seconds <= RECOVERY_SECONDS, f"the first delivery came only after {seconds:.1f} s")


@dataclass
class Left:
    """What a dead server left on disk."""

    stored: set[str]
    under_way: set[str]
    """Claimed, and not recorded as ended."""
    revision: str
    sound: bool


class Bench:
    """``with Bench(folder, figures) as bench:`` starts all three; events flow from then on."""

    def __init__(
        self,
        folder: Path,
        figures: Figures,
        *,
        rate: float = 200,
        size: int = 400,
        answer_seconds: float = 0.01,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.figures = figures
        self.data = folder
        self.file = folder / "hookbench.db"
        self.sink = Sink(answer_seconds)
        self.source = a_source()
        allowed = {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "HOOKBENCH_LOG_FORMAT": "json"}
        self.hookbench = Running(folder, allowed | (settings or {}))
        self._rate, self._size = rate, size
        self._may_repeat: dict[str, int] = {}

    def __enter__(self) -> "Bench":
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sink.__enter__()
        self._keep()
        self.hookbench.start()
        self.sender = Sender(self.hookbench.port, self.source.token, SECRET, rate=self._rate, size=self._size)
        self.sink.expect()
        self.sender.__enter__()
        self.until_first_delivery()
        return self

    def __exit__(self, *exc: object) -> None:
        self.sender.__exit__()
        with suppress(Exception):
            self.hookbench.kill()
        self.sink.__exit__()

    def _keep(self) -> None:
        endpoint = an_endpoint(self.source, code=CODE, url=f"http://127.0.0.1:{self.sink.port}/")

        async def keep() -> None:
            store = Store.open(f"sqlite:///{self.file}")

            def both(tx: Transaction) -> None:
                sources.insert(tx, self.source)
                endpoints.insert(tx, endpoint)

            await store.write(both)
            store.close()

        asyncio.run(keep())

    def kill(self) -> None:
        """SIGKILL, then look at what is left."""
        self.hookbench.kill()
        self.look()

    def start_with(self, step: str, count: int) -> None:
        """Start so that the server kills itself at the ``count``-th time of a step. It may die before it is up."""
        self.hookbench.command = (sys.executable, "-m", "faults.runner", step, str(count))
        self.hookbench.settings |= {"PYTHONPATH": str(TESTS)}
        try:
            self.hookbench.start()
        finally:
            self.hookbench.command = Running.command

    def until_dead(self, seconds: float = 20.0) -> None:
        """Wait for the server to have killed itself, then look at what is left."""
        try:
            code = self.hookbench.process.wait(seconds)
        except Exception:
            self.figures.check(False, "the step was never reached")
            code = -9
        self.figures.check(code == -9, f"the server ended by itself with {code}")
        self.kill()

    def look(self) -> None:
        """Every acknowledged event must be on disk by now; what was under way may be delivered again."""
        acknowledged = set(self.sender.acknowledged)
        left = left_behind(self.data)
        self.figures.times += 1
        self.figures.allowed += len(left.under_way)
        self.figures.check(left.sound, "the database is damaged")
        missing = acknowledged - left.stored
        self.figures.check(not missing, f"{len(missing)} acknowledged events are not on disk after a kill")
        for webhook_id in left.under_way:
            self._may_repeat[webhook_id] = self._may_repeat.get(webhook_id, 0) + 1

    def start(self) -> None:
        """Start again, and measure how long it takes to the first delivery."""
        self.sink.expect()
        begun = time.monotonic()
        self.hookbench.start()
        self.until_first_delivery()
        assert self.sink.first
        self.figures.recovered_after(self.sink.first - begun)

    def until_first_delivery(self) -> None:
        wait_for(lambda: self.sink.first, seconds=60, what="a delivery")

    def settle(self) -> None:
        """Stop sending, wait until all is delivered, end the server, and draw the line under both sides."""
        figures = self.figures
        self.sender.paused = True
        time.sleep(0.2)  # what is under way to the server is answered
        with suppress(AssertionError):
            wait_for(lambda: set(self.sender.acknowledged) <= set(self.sink.seen), seconds=90)
        with suppress(AssertionError):
            wait_for(lambda: not waiting(self.file), seconds=30)
        begun = time.monotonic()
        self.hookbench.stop()
        figures.check(time.monotonic() - begun <= RECOVERY_SECONDS, "SIGTERM took more than 10 s")
        acknowledged, seen = set(self.sender.acknowledged), self.sink.seen
        figures.acknowledged += len(acknowledged)
        figures.delivered += len(seen)
        lost = acknowledged - set(seen)
        figures.lost += len(lost)
        figures.check(not lost, f"{len(lost)} acknowledged events were never delivered")
        again = {webhook_id: count - 1 for webhook_id, count in seen.items() if count > 1}
        figures.duplicates += sum(again.values())
        wrong = {one: count for one, count in again.items() if count > self._may_repeat.get(one, 0)}
        figures.check(not wrong, f"{len(wrong)} events came again that were not under way at a kill")
        figures.check("Traceback" not in self.hookbench.log, "the log holds a traceback")


def left_behind(data: Path) -> Left:
    """Read from a copy: opening the files themselves would do the recovery that the server is to do."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        for file in data.glob("hookbench.db*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, folder / file.name)
        with closing(sqlite3.connect(folder / "hookbench.db")) as connection:
            return Left(
                {one for (one,) in connection.execute("SELECT webhook_id FROM messages")},
                {
                    one
                    for (one,) in connection.execute(
                        "SELECT webhook_id FROM messages JOIN deliveries ON message_id = messages.id "
                        "WHERE state = 'pending' AND lease_owner IS NOT NULL"
                    )
                },
                connection.execute("SELECT version_num FROM alembic_version").fetchone()[0],
                connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok",
            )
    finally:
        shutil.rmtree(folder)


def waiting(file: Path) -> int:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'pending'").fetchone()[0]
        return count


@contextmanager
def a_folder() -> Iterator[Path]:
    """For one server's data, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        yield folder / "data"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
