import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import trustme
import uvloop
from pytest_asyncio.plugin import LoopFactory
from working import Bench, working

from server.store import Store


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Run tests of the courier and of addresses on asyncio and on uvloop, others on uvloop.

    The server uses uvloop, which has its own sockets and TLS; where uvloop is not available it uses asyncio's.
    """
    if "no_stricter" in item.name:  # compares Curl and Node only, so the courier's event loop does not matter
        return {"uvloop": uvloop.new_event_loop}
    if item.path.name.startswith(("test_courier", "test_address")):
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="session")
def tls_for(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """A function that makes a server's TLS context with a certificate for the given hosts."""

    def make(*hosts: str, not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*hosts, not_after=not_after).configure_cert(context)
        return context

    return make


@pytest.fixture
def bench(store: Store) -> Callable[..., AbstractAsyncContextManager[Bench]]:
    """``async with bench() as b:`` runs a worker with its services; see ``working``."""
    return partial(working, store)
