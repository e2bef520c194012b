"""A head that is endless or does not come is let go of: it would hold memory and a connection for ever."""

import socket
from collections.abc import Iterator

import pytest
from running import Running

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("heads") / "data"
    with Running(data, {"HOOKBENCH_INTAKE_TIMEOUT": "0.5"}) as running:
        yield running


def connected(hookbench: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", hookbench.port), timeout=5)


def let_go(connection: socket.socket) -> bool:
    """Whether the other side ends the connection before we lose patience."""
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("piece", [b"a" * MIB, b"x: y\r\n" * 200_000], ids=["one header", "many headers"])
def test_an_endless_head_is_not_kept(hookbench: Running, piece: bytes) -> None:
    with connected(hookbench) as connection:
        connection.sendall(HEAD + b"x-long: ")
        with pytest.raises(ConnectionError):
            for _ in range(64):
                connection.sendall(piece)


def test_an_endless_address_is_not_kept(hookbench: Running) -> None:
    with connected(hookbench) as connection:
        connection.sendall(b"GET /")
        with pytest.raises(ConnectionError):
            for _ in range(16):
                connection.sendall(b"a" * MIB)


@pytest.mark.parametrize("beginning", [b"", b"GET", HEAD], ids=["nothing", "a word", "half a head"])
def test_a_head_that_does_not_come_is_not_waited_for(hookbench: Running, beginning: bytes) -> None:
    with connected(hookbench) as connection:
        connection.sendall(beginning)
        assert let_go(connection)


def test_the_second_head_on_a_connection_is_bounded_too(hookbench: Running) -> None:
    with connected(hookbench) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        connection.sendall(HEAD)
        assert let_go(connection)


def test_a_head_of_many_cookies_is_taken(hookbench: Running) -> None:
    with connected(hookbench) as connection:
        connection.sendall(HEAD + b"cookie: " + b"c" * 32_000 + b"\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_an_open_stream_outlives_the_time_for_its_head(hookbench: Running) -> None:
    """The clock stops when the head is whole: what follows has bounds of its own."""
    with connected(hookbench) as connection:
        connection.sendall(HEAD.replace(b"GET /healthz", b"POST /login") + b"content-length: 5\r\n\r\n")
        connection.settimeout(1.0)
        assert not let_go(connection)
