"""The servers under measurement, each in its own process: Hookbench with endpoints, and the yardstick."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psutil
from builders import SECRET, a_source, an_endpoint
from running import Running, wait_for

from server.assets import transforms_dir
from server.domain.endpoints import Endpoint
from server.domain.sources import Source
from server.store import Store, Transaction, endpoints, own_cards, sources

HERE = Path(__file__).parent
SEED = HERE.parent.parent / "fixtures" / "seed" / "track_payments.js"
OWN_CARD = "own:bench"
SEED_URL = "https://track.customer.io/api/v2/entity"


class Candidate(Protocol):
    """A running server under measurement."""

    address: str
    """The ingest URL."""

    def __enter__(self) -> "Candidate": ...
    def __exit__(self, *exc: object) -> None: ...
    def settled(self) -> bool:
        """Whether no delivery is pending."""
        ...

    def processes(self) -> list[psutil.Process]: ...


class Hookbench:
    """The real server. ``make`` returns a source's endpoints; ``prepare`` may fill the database before the start."""

    def __init__(
        self,
        make: Callable[[Source], Sequence[Endpoint]],
        *,
        prepare: Callable[[Path, Source], None] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp()) / "data"
        self.folder.mkdir(mode=0o700)
        self.source = a_source()
        self.made = list(make(self.source))
        asyncio.run(_keep(self.file, self.source, self.made))
        if prepare:
            prepare(self.file, self.source)
        log = {"HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8", "HOOKBENCH_LOG_FORMAT": "json"}
        self.running = Running(self.folder, {**log, **(settings or {})})

    @property
    def file(self) -> Path:
        return self.folder / "hookbench.db"

    def __enter__(self) -> "Hookbench":
        self.running.start()
        self.address = f"{self.running.url}/in/{self.source.token}"
        return self

    def __exit__(self, *exc: object) -> None:
        self.running.stop()

    def settled(self) -> bool:
        connection = sqlite3.connect(self.file)
        found = connection.execute("SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT 1").fetchone()
        connection.close()
        return found is None

    def processes(self) -> list[psutil.Process]:
        server = psutil.Process(self.running.process.pid)
        return [server, *server.children(recursive=True)]


class Yardstick:
    def __init__(self, url: str) -> None:
        self.folder, self.url = Path(tempfile.mkdtemp()), url

    def __enter__(self) -> "Yardstick":
        port_file, code = self.folder / "port", self.folder / "code.js"
        code.write_text(seed_code(self.url))
        command = [sys.executable, "-m", "pipeline.yardstick", str(port_file), str(self.folder), SECRET, str(code)]
        self.process = subprocess.Popen([*command, self.url], cwd=HERE.parent, env=environment())
        wait_for(lambda: port_file.exists() and port_file.read_text(), what="the yardstick")
        self.address = f"http://127.0.0.1:{port_file.read_text()}/in/token"
        return self

    def __exit__(self, *exc: object) -> None:
        for process in self.processes():
            process.kill()
        self.process.wait()

    def settled(self) -> bool:
        connection = sqlite3.connect(self.folder / "yardstick.db")
        found = connection.execute("SELECT 1 FROM deliveries WHERE state = 'pending' LIMIT 1").fetchone()
        connection.close()
        return found is None

    def processes(self) -> list[psutil.Process]:
        server = psutil.Process(self.process.pid)
        return [server, *server.children(recursive=True)]


def seeded(url: str, number: int) -> Callable[[Source], list[Endpoint]]:
    """A function that makes ``number`` endpoints with the seed's payment transformation, all sending to ``url``."""
    return lambda source: [an_endpoint(source, code=seed_code(url), url=url) for _ in range(number)]


def judged(url: str) -> Callable[[Source], list[Endpoint]]:
    """A function that makes one endpoint of the card ``OWN_CARD``, whose code sends what Customer.io accepts."""
    code = seed_code(url).replace('"payment_completed"', '"event"')
    headers = {"authorization": "Basic c2l0ZTprZXk="}
    return lambda source: [an_endpoint(source, code=code, url=url, card=OWN_CARD, headers=headers)]


def own_card(*, contract: bool) -> Callable[[Path, Source], None]:
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

    def prepare(file: Path, source: Source) -> None:
        store = Store.open(f"sqlite:///{file}")
        asyncio.run(store.write(lambda tx: own_cards.put(tx, OWN_CARD, files, source.created_at)))
        store.close()

    return prepare


def seed_code(url: str) -> str:
    return SEED.read_text().replace(SEED_URL, url)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parent)}


async def _keep(file: Path, source: Source, made: Sequence[Endpoint]) -> None:
    store = Store.open(f"sqlite:///{file}")

    def keep(tx: Transaction) -> None:
        sources.insert(tx, source)
        for endpoint in made:
            endpoints.insert(tx, endpoint)

    await store.write(keep)
    store.close()
