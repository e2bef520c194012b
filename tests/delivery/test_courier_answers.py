"""What the courier puts on the wire, and what it keeps of the answer."""

import gzip

import httpx
import pytest
from receivers import answering, receiving, then_closing

from server.delivery.courier import KEPT_BODY, Answered, Courier
from server.delivery.transport import GuardedTransport
from server.domain.addresses import AddressRules
from server.domain.requests import Prepared, untransformed

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
    assert isinstance(sent, Answered)
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
        await courier.send(Prepared("GET", receiver.url(), {"x-a": "1"}, b""))
    assert receiver.got[0].line == "GET / HTTP/1.1"
    assert set(receiver.got[0].headers) == {"host", "x-a"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods_carry_their_body(courier, method):
    async with receiving() as receiver:
        await courier.send(Prepared(method, receiver.url(), {}, b"body"))
    assert (receiver.got[0].line.split()[0], receiver.got[0].body) == (method, b"body")


async def test_a_connection_is_used_again(courier):
    async with receiving() as receiver:
        for _ in range(3):
            assert isinstance(await courier.send(post(receiver.url())), Answered)
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


async def test_a_gzip_bomb_stays_packed(courier):
    bomb = gzip.compress(b"\0" * 10_000_000)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb)
    async with receiving(head + bomb) as receiver:
        sent = await courier.send(post(receiver.url()))
    assert sent.response.body == bomb


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
    assert isinstance(sent, Answered), sent
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
    assert isinstance(sent, Answered), sent
    assert (sent.response.status, sent.response.body) == (200, b"ok")
