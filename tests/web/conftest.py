"""Fixtures: the real application in this process, and a client that is signed in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from builders import a_user
from mail_server import mailbox
from quick_start import quick_app, quick_start  # noqa: F401  # an automatic fixture
from site_under_test import Site

from server.actions.accounts import hash_of
from server.actions.services import Services
from server.domain.sources import Source
from server.settings import Settings
from server.store import KeyRing, Store, Transaction, accounts, sources
from server.web.visit import SESSION_COOKIE

HOUR_MS = 60 * 60 * 1000


@pytest.fixture
async def site(tmp_path: Path, migrated: Callable[[Path], None]) -> AsyncIterator[Site]:
    migrated(tmp_path / "data")
    async with visited(Settings(data=tmp_path / "data")) as site:
        yield site


@pytest.fixture
async def site_on_postgres(tmp_path: Path, postgres_migrated: str) -> AsyncIterator[Site]:
    async with visited(Settings(data=tmp_path / "data", database=postgres_migrated)) as site:
        yield site


@pytest.fixture(params=["sqlite", "postgresql"])
async def each_site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    """A site; runs the same test on SQLite and on PostgreSQL."""
    database = ""
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres_migrated")
    else:
        request.getfixturevalue("migrated")(tmp_path / "data")
    async with visited(Settings(data=tmp_path / "data", database=database)) as site:
        yield site


@pytest.fixture
async def two(each_site: Site, request: pytest.FixtureRequest) -> AsyncIterator[list[Services]]:
    """The services of this process, and those of another one that uses the same database."""
    mine, data = each_site.services, request.getfixturevalue("tmp_path") / "data"
    on_file = mine.store.dialect == "sqlite"
    url = f"sqlite:///{data / 'hookbench.db'}" if on_file else request.getfixturevalue("postgres_migrated")
    other = Store.open(url, KeyRing.find(key="", key_file=None, folder=data))
    yield [mine, replace(mine, store=other)]
    other.close()


@asynccontextmanager
async def visited(settings: Settings) -> AsyncIterator[Site]:
    app = quick_app(settings.model_copy(update={"allowed_hosts": ("hookbench.test",)}))
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        user, token = a_user(), "a-session-token"

        def sign_in(tx: Transaction) -> list[Source]:
            accounts.insert(tx, user, services.now())
            accounts.begin_session(tx, hash_of(token), user.id, services.now(), services.now() + HOUR_MS)
            return sources.every(tx)

        every = await services.store.write(sign_in)
        browser = {"accept": "text/html", "sec-fetch-site": "same-origin"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://hookbench.test", headers=browser, cookies={SESSION_COOKIE: token}
        ) as client:
            yield Site(client, services, every[0], app)


@pytest.fixture
async def loopback_site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site that may reach this machine, with a mail server (``app.state.box``)."""
    with mailbox() as box:
        settings = Settings(
            data=tmp_path / "data",
            allow_networks=("127.0.0.0/8",),
            smtp_host="localhost",
            smtp_port=box.port,
            smtp_tls="none",
            smtp_from="hookbench@example.com",
        )
        async with visited(settings) as site:
            site.app.state.box = box
            yield site
