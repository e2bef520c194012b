"""What the courier puts on the wire, and what it keeps of the answer."""

import asyncio
import gzip

import httpx
import pytest
from receivers import answering, receiving, then_closing

from server.delivery.courier import KEPT_BODY, Courier, Responded
from server.delivery.transport import GuardedTransport
from server.domain.addresses import AddressRules
from server.domain.requests import FinishedRequest, untransformed

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])


@pytest.fixture
async def courier():
    opened = Courier(LOOPBACK, timeout=5)
    yield opened
    await opened.aclose()


def post(url, body=b'{"a":1}', **headers):
    return untransformed(url, body, credential_headers={}, endpoint_headers=headers)


async def test_the_request_on_the_wire_is_the_one_prepared(courier):
    async with receiving() as receiver:
        sent = await courier.send(post(receiver.url("/a%20b/%2F?x=ü&y=1#f"), b"\x00\xff", Authorization="Basic eA=="))
    assert isinstance(sent, Responded)
    assert sent.response.status == 200
    assert sent.response.body == b"ok"
    got = receiver.got[0]
    assert got.line == "POST /a%20b/%2F?x=%C3%BC&y=1 HTTP/1.1"
    assert got.body == b"\x00\xff"
    assert got.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "application/json",
        "user-agent": "Hookbench/0.1.0",
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": "Basic eA==",
        "content-length": "2",
    }


async def test_a_get_sends_no_body(courier):
    async with receiving() as receiver:
        await courier.send(FinishedRequest("GET", receiver.url(), {"x-a": "1"}, b""))
    assert receiver.got[0].line == "GET / HTTP/1.1"
    assert set(receiver.got[0].headers) == {"host", "x-a"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_carry_their_body(courier, method):
    async with receiving() as receiver:
        await courier.send(FinishedRequest(method, receiver.url(), {}, b"body"))
    assert (receiver.got[0].line.split()[0], receiver.got[0].body) == (method, b"body")


async def test_a_connection_is_used_again(courier):
    async with receiving() as receiver:
        for _ in range(3):
            assert isinstance(await courier.send(post(receiver.url())), Responded)
    assert (len(receiver.got), receiver.connections) == (3, 1)


async def test_a_redirect_is_an_answer_and_not_followed(courier):
    async with receiving() as inward:
        moved = f"HTTP/1.1 307 Moved\r\nlocation: {inward.url('/secret')}\r\ncontent-length: 0\r\n\r\n".encode()
        async with receiving(moved) as receiver:
            sent = await courier.send(post(receiver.url()))
    assert sent.response.status == 307
    assert inward.got == []


async def test_cookies_are_not_kept(courier):
    async with receiving(b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\ncontent-length: 0\r\n\r\n") as receiver:
        for _ in range(2):
            sent = await courier.send(post(receiver.url()))
    assert ("set-cookie", "a=1") in sent.response.headers
    assert "cookie" not in receiver.got[1].headers


async def test_a_long_answer_is_cut_and_says_so(courier):
    body = b"x" * (KEPT_BODY + 1)
    async with receiving(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert sent.response.body == body[:KEPT_BODY]
    assert sent.response.truncated


async def test_an_answer_of_just_the_limit_is_whole(courier):
    body = b"x" * KEPT_BODY
    async with receiving(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert (len(sent.response.body), sent.response.truncated) == (KEPT_BODY, False)


async def test_of_a_gzip_bomb_no_more_is_unpacked_than_is_kept(courier):
    bomb = gzip.compress(b"a" * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    async with receiving(head + bomb) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert (sent.response.body, sent.response.truncated) == (b"a" * KEPT_BODY, True)


async def test_an_answer_without_a_length_ends_with_the_connection(courier):
    async with receiving(then_closing(b"HTTP/1.0 202 Fine\r\n\r\nbye")) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert (sent.response.status, sent.response.body) == (202, b"bye")


async def test_a_chunked_answer_is_put_together(courier):
    raw = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    async with receiving(raw) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert sent.response.body == b"abc"


async def test_a_few_early_hints_come_before_the_answer(courier):
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3
    async with receiving(hints + b"HTTP/1.1 201 Made\r\ncontent-length: 0\r\n\r\n") as receiver:
        sent = await courier.send(post(receiver.url()))
    assert sent.response.status == 201


async def test_bytes_outside_utf8_in_a_header_are_kept_readable(courier):
    async with receiving(answering(b"HTTP/1.1 200 OK\r\nx-a: \xff\xe9\r\ncontent-length: 0\r\n\r\n")) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert ("x-a", "ÿé") in sent.response.headers


async def test_https_to_a_fixed_address_with_the_operators_authority(tls_for, ca_file):
    async with receiving(tls=tls_for("track.customer.io")) as receiver:
        fixed = {("track.customer.io", 443): ("127.0.0.1", receiver.port)}
        courier = Courier(AddressRules(), timeout=5, fixed=fixed, ca_file=ca_file)
        sent = await courier.send(post("https://track.customer.io/api/v2/entity"))
        await courier.aclose()
    assert isinstance(sent, Responded), sent
    assert receiver.got[0].line == "POST /api/v2/entity HTTP/1.1"
    assert receiver.got[0].headers["host"] == "track.customer.io"


async def test_the_transport_serves_an_httpx_client_too():
    transport = GuardedTransport(LOOPBACK)
    async with receiving() as receiver, httpx.AsyncClient(transport=transport, trust_env=False) as client:
        answer = await client.post(receiver.url("/x"), json={"a": 1})
    assert (answer.status_code, answer.text) == (200, "ok")
    assert receiver.got[0].body == b'{"a":1}'


@pytest.mark.parametrize("encoding", ["xchunked", "chunked, gzip", "chunked\r\ntransfer-encoding: gzip"])
async def test_a_body_whose_coding_does_not_end_in_chunks_ends_with_the_connection(courier, encoding):
    raw = f"HTTP/1.1 200 OK\r\ntransfer-encoding: {encoding}\r\n\r\n2\r\nok".encode()
    async with receiving(then_closing(raw)) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert sent.response.body == b"2\r\nok"


OLD = {
    "lines that end in LF": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok",
    "spaces after a chunk's size": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2  \r\nok\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("raw", OLD.values(), ids=OLD.keys())
async def test_what_old_servers_write_is_read(courier, raw):
    async with receiving(raw) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert isinstance(sent, Responded), sent
    assert (sent.response.status, sent.response.body) == (200, b"ok")


async def test_a_folded_header_is_one_line(courier):
    raw = b"HTTP/1.1 200 OK\r\nContent-Security-Policy: script-src 'self'\r\n  https://cdn.example/;\r\n\tx\r\n \r\n"
    async with receiving(raw + b"content-length: 2\r\n\r\nok") as receiver:
        sent = await courier.send(post(receiver.url()))
    assert sent.response.headers[0] == ("Content-Security-Policy", "script-src 'self' https://cdn.example/; x")


async def test_headers_are_kept_however_many_and_however_long(courier):
    many = b"".join(b"x-%d: %d\r\n" % (n, n) for n in range(500))
    long = b"x-long: " + b"a" * 40_000 + b"\r\n"
    raw = b"HTTP/1.1 503 Busy\r\n%b%bRetry-After: 120\r\ncontent-length: 0\r\n\r\n" % (many, long)
    async with receiving(raw) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert len(sent.response.headers) == 503
    assert ("x-long", "a" * 40_000) in sent.response.headers
    assert ("Retry-After", "120") in sent.response.headers


async def test_a_head_larger_than_64_kib_keeps_its_status_and_what_was_read_of_it(courier):
    raw = b"HTTP/1.1 410 Gone\r\nx-a: b\r\nx-long: " + b"a" * 70_000 + b"\r\n\r\n"
    async with receiving(raw) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert (sent.response.status, sent.response.headers) == (410, (("x-a", "b"),))


async def test_what_came_before_a_broken_chunk_is_kept(courier):
    raw = b"HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n6\r\nbefore\r\nbroken\r\n"
    async with receiving(raw) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert (sent.response.status, sent.response.body, sent.response.truncated) == (500, b"before", True)
    assert sent.error.message == "After its status, 127.0.0.1 sent data that is not valid HTTP."


async def test_a_header_in_utf8_is_read_as_that(courier):
    raw = "HTTP/1.1 200 OK\r\nx-a: Straße 你好\r\ncontent-length: 0\r\n\r\n".encode()
    async with receiving(raw) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert ("x-a", "Straße 你好") in sent.response.headers


BODIES = {
    "latin-1": (b"content-type: text/plain; charset=iso-8859-1", "Ungültiger Schlüssel".encode("latin-1")),
    "gzip": (b"content-encoding: gzip", gzip.compress("Ungültiger Schlüssel".encode())),
    "gzip of latin-1": (
        b"content-type: text/plain;charset=ISO-8859-1\r\nContent-Encoding: GZIP",
        gzip.compress("Ungültiger Schlüssel".encode("latin-1")),
    ),
    "gzip as a transfer coding": (
        b"transfer-encoding: gzip, chunked",
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed := gzip.compress("Ungültiger Schlüssel".encode())), packed),
    ),
}


@pytest.mark.parametrize(("headers", "body"), BODIES.values(), ids=BODIES.keys())
async def test_a_body_is_kept_as_text(courier, headers, body):
    length = b"" if b"chunked" in headers else b"content-length: %d\r\n" % len(body)
    async with receiving(b"HTTP/1.1 400 Bad\r\n%b\r\n%b\r\n%b" % (headers, length, body)) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert (sent.response.body.decode(), sent.response.truncated) == ("Ungültiger Schlüssel", False)


async def test_an_early_answer_to_a_large_request_is_read_though_the_connection_ends(courier):
    """413 before the body is read, then closed: the other side's system answers the rest with a reset."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too large\r\nconnection: close\r\ncontent-length: 4\r\n\r\nless")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        for _ in range(5):
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            sent = await courier.send(post(url, b"x" * 8_000_000))
            assert isinstance(sent, Responded), sent
            assert sent.response.status == 413
