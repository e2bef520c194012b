"""The servers under measurement, each in its own process: Hookbench with endpoints, and the yardstick."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

import httpx
import psutil
from builders import SECRET, a_source, an_endpoint
from running import Running, wait_for

from pipeline import job
from pipeline.databases import KEY, has_pending
from server.assets import transforms_dir
from server.domain.endpoints import Controls, Endpoint
from server.domain.sources import Source
from server.store import KeyRing, Store, Transaction, endpoints, own_cards, sources

HERE = Path(__file__).parent
OWN_CARD = "own:bench"
NO_LIMITS = Controls()
PENDING = "SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT 1"


class Candidate(Protocol):
    """A running server under measurement."""

    addresses: list[str]
    """The ingest URLs: one for each process that takes events in."""

    def __enter__(self) -> "Candidate": ...
    def __exit__(self, *exc: object) -> None: ...
    def settled(self) -> bool:
        """Whether no delivery is pending."""
        ...

    def servers(self) -> list[psutil.Process]:
        """The processes that take events in; their workers are their children."""
        ...


class Hookbench:
    """The real server. ``make`` returns a source's endpoints; ``prepare`` may fill the database before the start.

    ``url``: an empty PostgreSQL database; otherwise it has a SQLite file. ``processes``: how many share the database.
    ``without``: a part that is left out, one of ``without.PARTS``. ``command``: the ``hookbench`` of another version or
    another Python, instead of this one.
    """

    def __init__(
        self,
        make: Callable[[Source], Sequence[Endpoint]],
        *,
        url: str = "",
        processes: int = 1,
        prepare: Callable[[str, Source], None] | None = None,
        settings: Mapping[str, str] | None = None,
        without: str = "",
        command: str = "",
    ) -> None:
        self.folder = Path(tempfile.mkdtemp()) / "data"
        self.folder.mkdir(mode=0o700)
        self.url = url or f"sqlite:///{self.file}"
        self.source = a_source()
        self.made = list(make(self.source))
        asyncio.run(_keep(self.url, self.source, self.made))
        if prepare:
            prepare(self.url, self.source)
        given = {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "HOOKBENCH_LOG_FORMAT": "json", "HOOKBENCH_KEY": KEY}
        given |= {"HOOKBENCH_DATABASE": url} if url else {}
        folders = [self.folder, *(self.folder.with_name(f"data{number}") for number in range(1, processes))]
        # Cold: a process that is forked from a warm one shares memory with it, and starts sooner.
        self.all_running = [Running(folder, {**given, **(settings or {})}, cold=True) for folder in folders]
        self.running = self.all_running[0]
        if without:
            self.running.command = (sys.executable, str(HERE / "without.py"), without)
        if command:
            self.running.command = (command,)

    @property
    def file(self) -> Path:
        return self.folder / "hookbench.db"

    def __enter__(self) -> "Hookbench":
        for running in self.all_running:
            running.start()
            httpx.get(f"{running.url}/login", timeout=60)  # answers when all templates are loaded
        self.addresses = [f"{running.url}/in/{self.source.token}" for running in self.all_running]
        return self

    def __exit__(self, *exc: object) -> None:
        for running in self.all_running:
            running.stop()

    def settled(self) -> bool:
        return not (_file_has_pending(self.file) if self.url.startswith("sqlite") else has_pending(self.url))

    def servers(self) -> list[psutil.Process]:
        return [psutil.Process(running.process.pid) for running in self.all_running]


class Yardstick:
    def __init__(self, url: str) -> None:
        self.folder, self.url = Path(tempfile.mkdtemp()), url

    def __enter__(self) -> "Yardstick":
        port_file, code = self.folder / "port", self.folder / "code.js"
        code.write_text(job.code(self.url))
        command = [sys.executable, "-m", "pipeline.yardstick", str(port_file), str(self.folder), SECRET, str(code)]
        self.process = subprocess.Popen([*command, self.url], cwd=HERE.parent, env=environment())
        wait_for(lambda: port_file.exists() and port_file.read_text(), what="the yardstick")
        self.addresses = [f"http://127.0.0.1:{port_file.read_text()}/in/token"]
        return self

    def __exit__(self, *exc: object) -> None:
        for process in [*self.servers(), *self.servers()[0].children(recursive=True)]:
            process.kill()
        self.process.wait()

    def settled(self) -> bool:
        return not _file_has_pending(self.folder / "yardstick.db")

    def servers(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid)]


def endpoints_for(url: str, number: int, controls: Controls = NO_LIMITS) -> Callable[[Source], list[Endpoint]]:
    """A function that makes ``number`` endpoints that do the job, all sending to ``url``."""
    return lambda source: [an_endpoint(source, code=job.code(url), url=url, controls=controls) for _ in range(number)]


def judged(url: str) -> Callable[[Source], list[Endpoint]]:
    """A function that makes one endpoint of the card ``OWN_CARD``, whose code sends what Customer.io accepts."""
    code = job.code(url).replace('"payment_completed"', '"event"')
    headers = {"authorization": "Basic c2l0ZTprZXk="}
    return lambda source: [an_endpoint(source, code=code, url=url, card=OWN_CARD, headers=headers)]


def own_card(*, contract: bool) -> Callable[[str, Source], None]:
    """A function for ``Hookbench.prepare`` that stores ``OWN_CARD``, with Customer.io's contract or without one."""
    files = {
        "card.toml": 'title = "Bench"\nsummary = "For the bench."\n[url]\nask = true\n',
        "icon.svg": '<path d="M4 4h16v16H4z" fill="none" stroke="currentColor"/>',
        "default.js": "function handler(webhook) {\n  return webhook;\n}\n",
    }
    if contract:
        text = json.loads((transforms_dir() / "customer_io" / "contract.json").read_text(encoding="utf-8"))
        text["calls"][0]["url"] = "http://127\\.0\\.0\\.1:\\d+/"
        files["contract.json"] = json.dumps(text)

    def prepare(url: str, source: Source) -> None:
        store = opened(url)
        asyncio.run(store.write(lambda tx: own_cards.put(tx, OWN_CARD, files, source.created_at)))
        store.close()

    return prepare


def opened(url: str) -> Store:
    """The store at ``url``, with the key of this run."""
    return Store.open(url, KeyRing.find(key=KEY, key_file=None, folder=HERE))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parent)}


async def _keep(url: str, source: Source, made: Sequence[Endpoint]) -> None:
    store = opened(url)

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        for endpoint in made:
            endpoints.insert(tx, endpoint)

    await store.write(keep)
    store.close()


def _file_has_pending(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(PENDING).fetchone() is not None
