"""Requests that wait for the delay of an inspector address neither keep events out nor hold them up."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from raw import SOURCE, in_store, signed
from running import HOOKBENCH, Running, wait_for
from stalls import closed, events_meanwhile, opened

from server.domain.ids import InspectorAddressId, mint
from server.domain.inspector_addresses import Answers, InspectorAddress
from server.store import Transaction, inspector, sources

FEW = ("bash", "-c", 'ulimit -n 256; exec "$0" "$@"', HOOKBENCH)
"""It leaves 64 incoming connections, fewer than the inspector may keep waiting."""
ADDRESSES = [
    InspectorAddress(mint(InspectorAddressId), SOURCE.id, name, name * 32, Answers(delay_ms=30_000), 1) for name in "ab"
]


@pytest.fixture
def hookbench(tmp_path: Path) -> Iterator[Running]:
    def keep(tx: Transaction) -> None:
        sources.insert(tx, SOURCE)
        for address in ADDRESSES:
            inspector.insert(tx, address)

    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    in_store(data, keep)
    with Running(data, command=FEW) as running:
        yield running


def delayed(hookbench: Running, address: InspectorAddress, count: int) -> list[socket.socket]:
    return opened(hookbench, count, f"GET /inspect/{address.token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


def kept(hookbench: Running) -> int:
    return in_store(hookbench.data, lambda tx: sum(len(inspector.page(tx, each.id)) for each in ADDRESSES))


def status(connection: socket.socket) -> bytes:
    event = signed('{"type": "payment.succeeded", "data": {}}')
    head = f"POST /in/{SOURCE.token} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + event.head
    connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(event.body) + event.body)
    return connection.recv(1000)[:12]


def test_delayed_responses_that_fill_all_connections_keep_no_event_out(hookbench: Running) -> None:
    with socket.create_connection(("127.0.0.1", hookbench.port), timeout=10) as sender:
        assert status(sender) == b"HTTP/1.1 200"
        waiting = delayed(hookbench, ADDRESSES[0], 45)
        try:
            wait_for(lambda: kept(hookbench) == 45)
            time.sleep(1)  # until the inspector takes as many again
            waiting += delayed(hookbench, ADDRESSES[1], 45)
            with events_meanwhile(hookbench) as noticed:
                wait_for(lambda: len(noticed.waits) >= 20)
            noticed.assert_nothing_stood_still()
            assert status(sender) == b"HTTP/1.1 200"  # its connection waited longest, and is open
        finally:
            closed(waiting)
