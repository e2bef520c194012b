"""Whatever a stranger sends, events are acknowledged meanwhile, and the server's memory stays as it is."""

import re
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from raw import SOURCE, chunked, in_store
from running import HOOKBENCH, Running
from stalls import an_event, closed, events_meanwhile, exchange, opened

from server.store import sources

FEW = ("bash", "-c", 'ulimit -n 1024; exec "$0" "$@"', HOOKBENCH)
"""Both limits: it cannot be raised."""

KIND = b"Content-Type: application/x-www-form-urlencoded\r\n"
INTAKE = f"/in/{SOURCE.token}".encode()


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("stalls") / "data"
    data.mkdir(mode=0o700)
    in_store(data, lambda tx: sources.insert(tx, SOURCE))
    with Running(data, command=FEW) as running:
        yield running


def get(path: bytes = b"/login", headers: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n%s\r\n" % (path, headers)


def post(path: bytes, body: bytes, length: int | None = None, headers: bytes = KIND) -> bytes:
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n" % path + headers
    return head + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def in_chunks(path: bytes, body: bytes, size: int) -> bytes:
    head = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n" % path + KIND
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size) + b"\r\n"


BACKSLASHES = b"\\" * 45_000
REQUESTS = {
    "a cookie of backslashes": get(headers=b'Cookie: session="' + BACKSLASHES + b'"\r\n'),
    "cookies of backslashes in quotes": get(headers=b"Cookie: " + b'a="\\\\\\"";' * 5000 + b"\r\n"),
    "a language of commas": get(headers=b"Accept-Language: " + b"zh-" * 10_000 + b",;q=" * 5_000 + b"\r\n"),
    "a language of one name": get(headers=b"Accept-Language: " + b"a-" * 30_000 + b"\r\n"),
    "many ranges": get(b"/static/css/base.css", b"Range: bytes=" + b"0-1," * 15_000 + b"0-1\r\n"),
    "many ranges apart": get(
        b"/favicon.ico", b"Range: bytes=" + b",".join(b"%d-%d" % (n, n) for n in range(0, 9000, 2)) + b"\r\n"
    ),
    "a range of digits": get(b"/favicon.ico", b"Range: bytes=" + b"9" * 60_000 + b"-\r\n"),
    "many tags": get(b"/favicon.ico", b"If-None-Match: " + b'W/"a", ' * 8_000 + b"\r\n"),
    "a date of digits": get(b"/favicon.ico", b"If-Modified-Since: " + b"1 Jan " * 9_000 + b"\r\n"),
    "many forwarders": get(headers=b"X-Forwarded-For: " + b"127.0.0.1," * 6_000 + b"\r\nForwarded: for=x\r\n"),
    "a host of dots": get().replace(b"Host: 127.0.0.1", b"Host: " + b"a." * 30_000),
    "an origin of colons": post(b"/login", b"", headers=b"Origin: " + b"http://" * 9_000 + b"\r\n"),
    "a query of fields": get(b"/login?" + b"a&" * 16_000),
    "a query of percents": get(b"/login?next=" + b"%26" * 10_000),
    "a path of percents": get(b"/" + b"%2f" * 10_000),
    "a path of slashes": get(b"/login" + b"/" * 30_000),
    "a thousand headers": get(headers=b"a: b\r\n" * 990),
    "a head of headers": get(headers=b"a:\r\n" * 15_000),
    "an address of 256 kB": get(b"/" + b"a" * 256_000),
    "a form of one field": post(b"/login", b"next=/?a" + b"%26" * 500_000),
    "a form of ampersands": post(b"/login", b"&" * 1_500_000),
    "a form of percents": post(b"/login", b"%" * 16_000),
    "a form in chunks": in_chunks(b"/login", b"name=" + b"a" * 4_000_000, 65_536),
    "a form of one byte a chunk": in_chunks(b"/login", b"name=" + b"a" * 40_000, 1),
    "a form of many parts": post(
        b"/login", b"--x\r\n" * 300_000, headers=b"Content-Type: multipart/form-data; boundary=x\r\n"
    ),
    "a kind of many parameters": post(
        b"/login", b"a=b", headers=b"Content-Type: application/x-www-form-urlencoded;" + b'a="\\"";' * 7_000 + b"\r\n"
    ),
    "a set-up of percents": post(b"/setup", b"token=" + b"%ff" * 5_000),
    "a form of preferences": post(b"/preferences", b"next=/" + b"%5c" * 5_000),
    "an event to nobody": post(b"/in/nobody", b"x" * 1_000_000),
    "an event to nobody in chunks": in_chunks(b"/in/nobody", b"x" * 1_000_000, 10),
    "an event in a chunk for each byte": in_chunks(INTAKE, b"x" * 60_000, 1),
    "an event of brackets": post(INTAKE, b"[" * 1_000_000),
    "signatures": post(INTAKE, b"{}", headers=b"webhook-signature: " + b"v1,a " * 12_000 + b"\r\nwebhook-id: a\r\n"),
    "requests behind each other": b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 7_000,
}  # fmt: skip


def test_no_request_of_a_stranger_holds_the_others_up(hookbench: Running) -> None:
    """One after another, each three times: the name of the one in whose time an event waited is in the failure."""
    slow = {}
    with events_meanwhile(hookbench) as noticed:
        for name, request in REQUESTS.items():
            before = len(noticed.waits)
            for _ in range(3):
                exchange(hookbench, request)
            slow[name] = max(map(min, noticed.waits[before:], noticed.busy[before:]), default=0.0)
    print(sorted(((round(seconds, 3), name) for name, seconds in slow.items()), reverse=True)[:8])
    noticed.assert_nothing_stood_still()


OPEN = {
    "empty lines": b"\r\n" * 10_000,
    "idle": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 60_000,
    "half a form": post(b"/login", b"name=" + b"a" * 15_000, length=16_000),
    "half an event": post(INTAKE, b"x" * 300_000, length=1_000_000),
    "half an event to nobody": post(b"/in/nobody", b"x" * 300_000, length=1_000_000),
    "half a form that is too large": post(b"/login", b"x" * 300_000, length=1_000_000),
    "much behind a request": post(b"/login", b"name=a&password=b") + get() * 1500,
}


@pytest.mark.parametrize("kind", OPEN)
def test_no_number_of_connections_closes_the_door(hookbench: Running, kind: str) -> None:
    count = 1500 if kind == "idle" else 400
    with events_meanwhile(hookbench) as noticed:
        connections = opened(hookbench, count, OPEN[kind])
    closed(connections)
    noticed.assert_nothing_stood_still()


def test_no_number_of_open_pages_closes_the_door(hookbench: Running) -> None:
    """Of one session's streams the oldest end, and what is told to the rest costs events no time."""
    cookie = signed_in(hookbench)
    with events_meanwhile(hookbench) as noticed:
        asks = get(f"/test/changes?topic=source:{SOURCE.id}".encode(), cookie)
        streams = [stream for _ in range(20) for stream in (*opened(hookbench, 50, asks), told(hookbench, asks))]
    connected = psutil.Process(hookbench.process.pid).net_connections("tcp")
    closed(streams)
    assert sum(one.status == psutil.CONN_ESTABLISHED for one in connected) < 100
    noticed.assert_nothing_stood_still()


def told(hookbench: Running, asks: bytes) -> socket.socket:
    """One more stream, which has answered: what was asked for before it is under way."""
    (stream,) = opened(hookbench, 1, asks)
    stream.settimeout(20)
    assert stream.recv(4096).startswith(b"HTTP/1.1 200")
    return stream


def test_pages_that_wait_for_their_turn_do_not_keep_an_event_out(hookbench: Running) -> None:
    """More requests than there may be connections, all under way: the one that has taken longest makes way."""
    with events_meanwhile(hookbench) as noticed:
        connections = opened(hookbench, 600, get(b"/nothing/at/all") + get())
    closed(connections)
    noticed.assert_nothing_stood_still()


def test_an_event_behind_many_pages_is_taken_in_before_they_are_made(hookbench: Running) -> None:
    """All of them wait to be let in, as after a moment in which the machine was busy. The event came last."""
    exchange(hookbench, get())
    server = psutil.Process(hookbench.process.pid)
    server.suspend()
    try:
        pages = opened(hookbench, 200, get())
        event = socket.create_connection(("127.0.0.1", hookbench.port), timeout=20)
        event.sendall(an_event())
    finally:
        server.resume()
    assert event.recv(1000).startswith(b"HTTP/1.1 200")
    made, _, _ = select.select(pages, [], [], 0)
    closed([event, *pages])
    assert len(made) < len(pages) / 2


def signed_in(hookbench: Running) -> bytes:
    """The header of a session's cookie."""
    assert hookbench.setup_url
    token = hookbench.setup_url.partition("token=")[2]
    form = {"token": token, "name": "ada", "password": "correct horse battery", "repeated": "correct horse battery"}
    answer = exchange(hookbench, post(b"/setup", urlencode(form).encode()))
    return b"Cookie: " + re.findall(rb"(session=[^;]+)", answer)[0] + b"\r\n"


def test_the_doctor_shows_the_shares(tmp_path: Path) -> None:
    done = Running(tmp_path / "data", command=FEW).run("doctor")
    assert "file descriptors: 1024 at most: " in done.stdout
    assert done.returncode == 0


def test_a_low_limit_is_raised_as_far_as_it_is_allowed(tmp_path: Path) -> None:
    low = ("bash", "-c", 'ulimit -Sn 256; ulimit -Hn 3000; exec "$0" "$@"', HOOKBENCH)
    assert "file descriptors: 3000 at most: " in Running(tmp_path / "data", command=low).run("doctor").stdout
