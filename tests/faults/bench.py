"""The set-up for every fault: a sender, a server and one destination, optionally with a second one that hangs."""

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from builders import SECRET, a_source, an_endpoint
from running import Running, wait_for

from faults import left
from faults.ledger import Sender, Sink
from server.store import KeyRing, Store, Transaction, endpoints, sources

TESTS = Path(__file__).parent.parent
RECOVERY_SECONDS = 10.0
FOR_EVER = 1e9
CODE = "function handler(webhook) { webhook.payload = { n: webhook.payload.data.n }; return webhook; }"


@dataclass
class Figures:
    """One line of the table."""

    what: str
    times: int = 0
    """How often the fault was injected."""
    acknowledged: int = 0
    delivered: int = 0
    duplicates: int = 0
    allowed: int = 0
    """Deliveries in progress at a kill: only these may arrive twice."""
    lost: int = 0
    recovery: float = 0.0
    """The longest time in seconds from a restart, or the end of the fault, until deliveries are sent again, including
    those that were in progress at a kill."""
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Checks that failed. Empty: all is well."""

    def check(self, holds: bool, words: str) -> None:
        if not holds:
            self.wrong.append(words)

    def recovered_after(self, seconds: float) -> None:
        self.recovery = max(self.recovery, seconds)
        self.check(seconds <= RECOVERY_SECONDS, f"it took {seconds:.1f} s to recover")


class Bench:
    """``with Bench(folder, figures) as bench:`` starts everything; the sender sends events from then on.

    ``database`` is the URL of a PostgreSQL to use instead of a file in the folder. ``hanging`` adds a second
    destination that gets every event and does not respond.
    """

    def __init__(
        self,
        folder: Path,
        figures: Figures,
        *,
        rate: float = 200,
        size: int = 400,
        answer_seconds: float = 0.01,
        database: str = "",
        hanging: bool = False,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.figures = figures
        self.data = folder
        self.file = folder / "hookbench.db"
        self.url = database or f"sqlite:///{self.file}"
        self.sink = Sink(answer_seconds)
        self.hanging = Sink(FOR_EVER) if hanging else None
        self.source = a_source()
        allowed = {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "HOOKBENCH_LOG_FORMAT": "json"}
        if database:
            allowed["HOOKBENCH_DATABASE"] = f"{database}&application_name={left.SERVER}"
        self.hookbench = Running(folder, allowed | (settings or {}), cold=True)
        self._rate, self._size = rate, size
        self._under_way: dict[str, str] = {}
        """Deliveries in progress at the last kill: ``webhook-id`` → the process that had claimed it."""
        self._may_repeat: Counter[str] = Counter()
        self._counted: set[tuple[str, str]] = set()
        self._cut_off: Counter[str] = Counter()

    def __enter__(self) -> "Bench":
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for sink in self._sinks:
            sink.__enter__()
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
        for sink in self._sinks:
            sink.__exit__()

    @property
    def _sinks(self) -> list[Sink]:
        return [self.sink, self.hanging] if self.hanging else [self.sink]

    def _keep(self) -> None:
        async def keep() -> None:
            data = self.hookbench.data
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            store = Store.open(self.url, KeyRing.find(key="", key_file=None, folder=data))

            def all_of_it(tx: Transaction) -> None:
                sources.insert(tx, self.source)
                for sink in self._sinks:
                    endpoints.insert(tx, an_endpoint(self.source, code=CODE, url=f"http://127.0.0.1:{sink.port}/"))

            await store.write(all_of_it)
            store.close()

        asyncio.run(keep())

    def kill(self) -> None:
        """Send SIGKILL, then check the database."""
        self.hookbench.kill()
        self.look()

    def start_with(self, step: str, count: int) -> None:
        """Start a server that kills itself the ``count``-th time it reaches a step, possibly before it is ready."""
        self.hookbench.command = (sys.executable, "-m", "faults.runner", step, str(count))
        self.hookbench.settings |= {"PYTHONPATH": str(TESTS)}
        try:
            self.hookbench.start()
        except AssertionError:
            if self.hookbench.process.returncode != -signal.SIGKILL:
                raise
        finally:
            self.hookbench.command = Running.command

    def until_dead(self, seconds: float = 20.0) -> None:
        """Wait until the server has killed itself, then check the database."""
        try:
            code = self.hookbench.process.wait(seconds)
        except Exception:
            self.figures.check(False, "the step was never reached")
            code = -9
        self.figures.check(code == -9, f"the server ended by itself with {code}")
        self.kill()

    def look(self) -> None:
        """Check that every acknowledged event is on disk, and note deliveries in progress: they may be repeated."""
        acknowledged = set(self.sender.acknowledged)
        found = left.behind(self.url, self.data)
        self._under_way = found.under_way
        self.figures.times += 1
        self.figures.check(found.sound, "the database is damaged")
        self._check_counts(found)
        missing = acknowledged - found.stored
        self.figures.check(not missing, f"{len(missing)} acknowledged events are not on disk after a kill")
        # A delivery claimed by a process that died before the previous kill was not sent again since: count it once.
        new = set(found.under_way.items()) - self._counted
        self._counted |= new
        self.figures.allowed += len(new)
        self._may_repeat.update(webhook_id for webhook_id, _ in new)

    def stop(self) -> float:
        """Send SIGTERM, then check the database. Returns the seconds until the server had ended.

        No delivery may still be in progress. Those that hung until the end may arrive again.
        """
        begun = time.monotonic()
        self.hookbench.stop()
        seconds = time.monotonic() - begun
        if self.hanging:
            self.figures.allowed += len(self.hanging.unanswered)
            self._cut_off.update(self.hanging.unanswered)
        found = left.behind(self.url, self.data)
        self.figures.times += 1
        self.figures.check(not found.under_way, f"{len(found.under_way)} deliveries were left under way")
        self._check_counts(found)
        missing = set(self.sender.acknowledged) - found.stored
        self.figures.check(not missing, f"{len(missing)} acknowledged events are not on disk")
        self._under_way = {}
        return seconds

    def _check_counts(self, found: left.Left) -> None:
        self.figures.check(not found.miscounted, f"{found.miscounted} rows of activity differ from a fresh count")

    def start(self) -> None:
        """Start again and measure the time to recovery."""
        self.sink.expect()
        begun = time.monotonic()
        self.hookbench.start()
        self.recovered(begun)

    def recovered(self, since: float) -> None:
        """Wait for a delivery, and for every delivery in progress at the last kill to be repeated."""
        self.until_first_delivery()
        again = self.sink.last_at
        with suppress(AssertionError):
            wait_for(lambda: all(again.get(one, 0.0) > since for one in self._under_way), seconds=90)
        missing = [one for one in self._under_way if again.get(one, 0.0) <= since]
        self.figures.check(not missing, f"{len(missing)} deliveries that were under way did not come again")
        assert self.sink.first
        self.figures.recovered_after(
            max(self.sink.first, *(again[one] for one in self._under_way if one in again), 0.0) - since
        )

    def until_first_delivery(self) -> None:
        wait_for(lambda: self.sink.first, seconds=60, what="a delivery")

    def until_delivered(self, events: set[str], seconds: float, what: str = "") -> None:
        wait_for(lambda: events <= set(self.sink.seen), seconds, what)

    def settle(self) -> None:
        """Stop sending, wait until all is delivered, stop the server, and compare both sides of the ledger."""
        figures = self.figures
        self.sender.paused = True
        time.sleep(0.2)  # let the server respond to requests in flight
        with suppress(AssertionError):
            wait_for(lambda: all(set(self.sender.acknowledged) <= set(sink.seen) for sink in self._sinks), seconds=90)
        with suppress(AssertionError):
            wait_for(lambda: not left.waiting(self.url), seconds=30)
        begun = time.monotonic()
        self.hookbench.stop()
        figures.check(time.monotonic() - begun <= RECOVERY_SECONDS, "SIGTERM took more than 10 s")
        self._check_counts(left.behind(self.url, self.data))
        figures.acknowledged += len(self.sender.acknowledged)
        self._balance(self.sink, self._may_repeat)
        if self.hanging:
            self._balance(self.hanging, self._cut_off)
        figures.check("Traceback" not in self.hookbench.log, "the log holds a traceback")

    def _balance(self, sink: Sink, may_repeat: Mapping[str, int]) -> None:
        figures, acknowledged = self.figures, set(self.sender.acknowledged)
        figures.delivered += len(sink.seen)
        lost = acknowledged - set(sink.seen)
        figures.lost += len(lost)
        figures.check(not lost, f"{len(lost)} acknowledged events were never delivered")
        again = {webhook_id: count - 1 for webhook_id, count in sink.seen.items() if count > 1}
        figures.duplicates += sum(again.values())
        wrong = {one: count for one, count in again.items() if count > may_repeat.get(one, 0)}
        figures.check(not wrong, f"{len(wrong)} events came again that were not under way at a kill")


@contextmanager
def a_folder() -> Iterator[Path]:
    """A path for one server's data folder; removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        yield folder / "data"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
