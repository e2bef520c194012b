"""Every way a destination can fail ends within the deadline, with words for people and without addresses in them."""

import asyncio
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from receivers import dripping, hanging, receiving, resetting, then_closing

from server.delivery import courier
from server.delivery.courier import Courier, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])


def post(url):
    return untransformed(url, b"{}", credential_headers={}, endpoint_headers={})


async def failure(url, *, timeout=5.0, **options):
    courier = Courier(LOOPBACK, timeout=timeout, **options)
    try:
        sent = await courier.send(post(url))
    finally:
        await courier.aclose()
    assert isinstance(sent, Unreachable), sent
    return sent.error.kind, sent.error.message


DRIPS = {
    "hangs before the head": hanging,
    "drips the status line": dripping(b"HTTP/1.1 200 ", b"a"),
    "endless early hints": dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("answer", DRIPS.values(), ids=DRIPS.keys())
async def test_a_destination_that_takes_too_long_is_left_at_the_deadline(answer):
    async with receiving(answer) as receiver:
        assert await failure(receiver.url(), timeout=0.3) == ("timeout", "No complete response within 0.3 seconds.")


async def test_a_name_that_does_not_resolve_in_time_is_left_at_the_deadline():
    async def never(host):
        await asyncio.Event().wait()

    kind, _ = await failure("http://slow.example/", timeout=0.1, resolve=never)
    assert kind == "timeout"


async def test_a_handshake_that_hangs_is_left_at_the_deadline():
    async with receiving(hanging) as receiver:
        kind, _ = await failure(receiver.url(scheme="https"), timeout=0.3)
    assert kind == "timeout"


async def test_a_refused_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        assert await failure(url) == ("refused", "127.0.0.1 refused the connection: nothing is listening on this port.")


async def test_a_name_that_does_not_exist():
    async def nowhere(host):
        raise socket.gaierror(-2, "Name or service not known")

    assert await failure("http://gone.example/", resolve=nowhere) == ("name", "Could not find the host gone.example.")


BROKEN = {
    "garbage": b"\x00\x01\x02 what is this\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.9\r\n",
    "a status line that breaks off": b"HTTP/1.1 200 O",
    "nothing after early hints": b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n",
    "early hints that break off": b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_answer(raw):
    async with receiving(then_closing(raw)) as receiver:
        kind, words = await failure(receiver.url())
    assert kind == "broken answer", words


async def test_a_connection_closed_without_an_answer():
    async with receiving(then_closing(b"")) as receiver:
        assert await failure(receiver.url()) == ("reset", "127.0.0.1 closed the connection without a response.")


async def test_a_connection_reset():
    async with receiving(resetting) as receiver:
        kind, _ = await failure(receiver.url())
    assert kind == "reset"


async def test_a_name_that_no_server_answers_for():
    async def unanswered(host):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    words = "Could not look up a.example: no name server answered."
    assert await failure("http://a.example/", resolve=unanswered) == ("name", words)


async def tls_failure(context, host, **options):
    async with receiving(tls=context) as receiver:
        fixed = {(host, 443): ("127.0.0.1", receiver.port)}
        return await failure(f"https://{host}/", fixed=fixed, **options)


async def test_an_unknown_authority(tls_for):
    kind, words = await tls_failure(tls_for("a.example"), "a.example")
    assert (kind, words) == ("certificate", "The certificate of a.example is signed by an unknown authority.")


async def test_a_certificate_for_another_host(tls_for, ca_file):
    kind, words = await tls_failure(tls_for("b.example"), "a.example", ca_file=ca_file)
    assert (kind, words) == ("certificate", "The certificate that a.example presents belongs to another host.")


async def test_an_expired_certificate(tls_for, ca_file):
    expired = tls_for("a.example", not_after=datetime.now(UTC) - timedelta(days=1))
    kind, words = await tls_failure(expired, "a.example", ca_file=ca_file)
    assert (kind, words) == ("certificate", "The certificate of a.example has expired.")


async def handshake_failure(context, ca_file):
    """A server that shakes hands as OpenSSL does, which says why it refuses."""

    def serve():
        connection, _ = listening.accept()
        with connection, suppress(ssl.SSLError):
            context.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(asyncio.to_thread(serve))
        fixed = {("a.example", 443): ("127.0.0.1", listening.getsockname()[1])}
        told = await failure("https://a.example/", fixed=fixed, ca_file=ca_file)
        await serving
    return told


async def test_a_certificate_of_ours_is_wanted(authority, tls_for, ca_file):
    wanting = tls_for("a.example")
    wanting.verify_mode = ssl.CERT_REQUIRED
    wanting.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 it is refused after the handshake
    authority.configure_trust(wanting)
    kind, words = await handshake_failure(wanting, ca_file)
    assert kind == "tls"
    assert words.startswith("a.example refused the TLS connection. It may require a client certificate")


async def test_a_certificate_of_ours_is_wanted_after_the_handshake(authority, tls_for, ca_file):
    wanting = tls_for("a.example")
    wanting.verify_mode = ssl.CERT_REQUIRED
    wanting.minimum_version = ssl.TLSVersion.TLSv1_3
    authority.configure_trust(wanting)
    # The server closes with our request unread, so a reset may reach us ahead of its alert and take it away.
    told = {await handshake_failure(wanting, ca_file) for _ in range(10)}
    assert told <= {
        ("tls", "a.example requires a client certificate, which Hookbench does not support."),
        ("reset", "a.example closed the connection without a response."),
        ("reset", "a.example reset the connection."),
    }


def test_the_alert_that_asks_for_a_certificate_is_told():
    alert = ssl.SSLError(1, "tlsv13 alert certificate required")
    alert.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    error = courier._not_connected(alert, "a.example")
    assert (error.kind, error.message) == (
        "tls",
        "a.example requires a client certificate, which Hookbench does not support.",
    )


async def test_a_name_that_the_server_does_not_know(tls_for, ca_file):
    unknowing = tls_for("a.example")
    unknowing.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    kind, words = await handshake_failure(unknowing, ca_file)
    assert kind == "tls"
    assert words.startswith("a.example refused the TLS connection")


async def test_a_connection_that_is_closed_in_the_handshake():
    async def closing(reader, writer):
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    async with server:
        told = await failure(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert told == ("reset", "127.0.0.1 reset the connection.")


class SpeaksFirst(asyncio.Protocol):
    def connection_made(self, transport):
        transport.write(b"HTTP/1.1 400 This port speaks http\r\n\r\n")
        transport.close()


async def test_https_where_plain_http_is_spoken():
    server = await asyncio.get_running_loop().create_server(SpeaksFirst, "127.0.0.1", 0)
    async with server:
        kind, words = await failure(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    assert (kind, words) == ("tls", "Could not establish a TLS connection. Does 127.0.0.1 use https on this port?")


async def test_no_words_name_the_resolved_address():
    async def here(host):
        return ["127.0.0.1"]

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        _, words = await failure(f"http://inside.example:{taken.getsockname()[1]}/", resolve=here)
    assert "127.0.0.1" not in words
