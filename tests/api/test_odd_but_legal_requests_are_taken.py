"""A good event is stored however its sender frames it, as long as RFC 9110 and 9112 allow the form."""

from collections.abc import Callable, Iterable

import pytest
from raw import SOURCE, Signed, chunked, is_stored, signed, statuses, talk
from running import Running

PATH = f"/in/{SOURCE.token}".encode()
CLOSE = b"Connection: close\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"

Build = Callable[[Signed], bytes]


def post(
    event: Signed,
    extra: bytes = CLOSE,
    *,
    target: bytes = PATH,
    version: bytes = b"1.1",
    host: bytes = b"Host: 127.0.0.1\r\n",
    length: bytes | None = None,
    body: bytes | None = None,
) -> bytes:
    if length is None:
        length = b"Content-Length: %d\r\n" % len(event.body)
    line = b"POST %s HTTP/%s\r\n" % (target, version)
    return line + host + event.head + extra + length + b"\r\n" + (event.body if body is None else body)


def as_chunks(
    event: Signed, size: int = 100, extension: bytes = b"", end: bytes = b"\r\n", te: bytes = CHUNKED
) -> bytes:
    return post(event, CLOSE + te, length=b"", body=chunked(event.body, size, extension) + end)


def lf_only(event: Signed) -> bytes:
    head, _, body = post(event).partition(b"\r\n\r\n")
    return head.replace(b"\r\n", b"\n") + b"\n\n" + body


FRAMINGS: dict[str, Build] = {
    "as usual": post,
    "asks for h2c": lambda e: post(e, b"Connection: close, Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"),
    "asks for a websocket": lambda e: post(e, b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + CLOSE),
    "asks for an unknown upgrade": lambda e: post(e, b"Connection: upgrade\r\nUpgrade: IRC/6.9, RTA/x11\r\n" + CLOSE),
    "asks for an upgrade, in chunks": lambda e: post(
        e, b"Connection: upgrade, close\r\nUpgrade: h2c\r\n" + CHUNKED, length=b"", body=chunked(e.body) + b"\r\n"
    ),
    "a slash at the end": lambda e: post(e, target=PATH + b"/"),
    "two slashes at the end": lambda e: post(e, target=PATH + b"//"),
    "a query": lambda e: post(e, target=PATH + b"?from=dodo"),
    "a slash and a query": lambda e: post(e, target=PATH + b"/?from=dodo&x=%"),
    "a fragment": lambda e: post(e, target=PATH + b"#top"),
    "percent-encoded letters": lambda e: post(e, target=PATH.replace(b"i", b"%69").replace(b"_", b"%5f")),
    "absolute form": lambda e: post(e, target=b"http://127.0.0.1" + PATH),
    "absolute form with a port, capitals": lambda e: post(e, target=b"HTTP://127.0.0.1:80" + PATH + b"?a=b"),
    "absolute form with another Host": lambda e: post(e, target=b"http://127.0.0.1" + PATH, host=b"Host: other\r\n"),
    "an empty line before": lambda e: b"\r\n" + post(e),
    "many empty lines before": lambda e: b"\r\n\r\n\n\r\n" + post(e),
    "lines that end in LF": lf_only,
    "names in lower case": lambda e: post(e).replace(b"Content-Length", b"content-length").replace(b"Host", b"host"),
    "names in upper case": lambda e: post(e).replace(b"Content-Le", b"CONTENT-LE").replace(b"webhook-", b"WEBHOOK-"),
    "no space after colons": lambda e: post(e).replace(b": ", b":", 7),
    "spaces and tabs around values": lambda e: post(e, CLOSE + b"X: \t a \t \r\n").replace(b"-id: ", b"-id:\t  "),
    "empty headers": lambda e: post(e, CLOSE + b"X-Empty:\r\nX-Blank:   \r\nAccept:\r\n"),
    "repeated headers": lambda e: post(e, CLOSE + b"Accept: a/b\r\nAccept: c/d\r\nVia: 1.1 a\r\nVia: 1.1 b\r\n" * 20),
    "five hundred headers": lambda e: post(e, CLOSE + b"".join(b"X-%d: y\r\n" % n for n in range(500))),
    "a long header": lambda e: post(e, CLOSE + b"X-Long: " + b"y" * 30_000 + b"\r\n"),
    "bytes over 127 in a header": lambda e: post(e, CLOSE + b"X-Name: J\xf6rg \xc3\xbc\r\n"),
    "no Content-Type": lambda e: post(e).replace(b"content-type: application/json\r\n", b""),
    "an odd Content-Type": lambda e: post(e).replace(b"application/json", b"text/plain; charset=punycode"),
    "a Content-Type of a form": lambda e: post(e).replace(b"application/json", b"multipart/form-data; boundary=x"),
    "a length with zeros before": lambda e: post(e, length=b"Content-Length: 000%d\r\n" % len(e.body)),
    "a length with space after": lambda e: post(e, length=b"Content-Length: %d \t\r\n" % len(e.body)),
    "Expect, in capitals": lambda e: post(e, CLOSE + b"Expect: 100-Continue\r\n"),
    "an unknown expectation": lambda e: post(e, CLOSE + b"Expect: the-unexpected\r\n"),
    "TE": lambda e: post(e, b"Connection: TE, close\r\nTE: trailers, deflate;q=0.5\r\n"),
    "HTTP/1.0": lambda e: post(e, b"", version=b"1.0"),
    "HTTP/1.0 without Host": lambda e: post(e, b"", version=b"1.0", host=b""),
    "HTTP/1.0 that wants to stay": lambda e: post(e, b"Connection: keep-alive\r\n", version=b"1.0"),
    "proxy's headers": lambda e: post(e, CLOSE + b"Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4, x\r\n"),
    "Keep-Alive": lambda e: post(e, CLOSE + b"Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"),
    "chunks": as_chunks,
    "one chunk": lambda e: as_chunks(e, 1 << 20),
    "a chunk for each byte": lambda e: as_chunks(e, 1),
    "chunks with extensions": lambda e: as_chunks(e, 100, b';a=b;c="d;\\"e";f'),
    "chunks with white space": lambda e: as_chunks(e, 100, b' \t; a = "b"'),
    "chunks with space after the size": lambda e: as_chunks(e, 100, b"  "),
    "chunks with zeros before": lambda e: as_chunks(e).replace(b"\r\n64\r\n", b"\r\n000064\r\n"),
    "chunks of capital sizes": lambda e: as_chunks(e, 171).replace(b"\r\nab\r\n", b"\r\nAB\r\n"),
    "chunks with trailers": lambda e: as_chunks(e, end=b"Expires: never\r\nX-Empty:\r\n\r\n"),
    "chunks with a trailer of ours": lambda e: as_chunks(e, end=b"webhook-id: x\r\nwebhook-signature: v1,x\r\n\r\n"),
    "chunks, named in capitals": lambda e: as_chunks(e, te=b"TRANSFER-ENCODING:CHUNKED\r\n"),
    "chunks, with empty list elements": lambda e: as_chunks(e, te=b"Transfer-Encoding: , chunked\r\n"),
    "chunks, with an empty element after": lambda e: as_chunks(e, te=b"Transfer-Encoding: chunked ,\r\n"),
    "chunks, with empty elements around": lambda e: as_chunks(e, te=b"Transfer-Encoding: ,\t, chunked,, ,\r\n"),
    "chunks, with an empty field beside": lambda e: as_chunks(e, te=b"Transfer-Encoding:\r\n" + CHUNKED),
    "chunks, with an empty list beside": lambda e: as_chunks(e, te=CHUNKED + b"Transfer-Encoding: ,\r\n"),
    "chunks in HTTP/1.0": lambda e: post(e, CHUNKED, version=b"1.0", length=b"", body=chunked(e.body) + b"\r\n"),
    "one length twice": lambda e: post(e, CLOSE + b"Content-Length: %d\r\n" % len(e.body)),
    "a list of one length": lambda e: post(e, length=b"Content-Length: %d, , 0%d,\r\n" % ((len(e.body),) * 2)),
    "empty elements in Connection": lambda e: post(e, b"Connection: , close ,,\r\nConnection:\r\n"),
    "empty elements in an upgrade": lambda e: post(e, b"Connection: ,upgrade,,close\r\nUpgrade: ,h2c,\r\n"),
    "empty elements in TE": lambda e: post(e, b"Connection: TE, close\r\nTE: , trailers,,\r\n"),
    "empty elements in Expect": lambda e: post(e, CLOSE + b"Expect: , 100-continue,\r\nExpect:\r\n"),
    "folded lines": lambda e: post(e, CLOSE + b"X-Folded: a\r\n b\r\n\tc \r\nX-Next:\r\n  d\r\n"),
    "a folded signature": lambda e: post(e).replace(b"webhook-signature: ", b"webhook-signature:\r\n\t"),
    "a later minor version": lambda e: post(e, version=b"1.2"),
    "spaces in the request line": lambda e: post(e).replace(b"POST ", b"POST  ").replace(b"HTTP/1.1", b" HTTP/1.1 "),
    "an empty Host": lambda e: post(e, host=b"Host:\r\n"),
    "a Host of a later kind": lambda e: post(e, host=b"Host: [v7.a:b]:000080\r\n"),
    "absolute form without Host, 1.0": lambda e: post(e, b"", target=b"http://h:" + PATH, version=b"1.0", host=b""),
    "absolute form, IPv6": lambda e: post(e, target=b"https://a:b@[::1]:80" + PATH),
    "two slashes at the beginning": lambda e: post(e, target=b"/" + PATH),
    "two slashes within": lambda e: post(e, target=PATH.replace(b"in/", b"in//")),
    "empty lines after": lambda e: post(e) + b"\r\n\r\n",
    "chunks, with space after": lambda e: as_chunks(e, te=b"Transfer-Encoding: chunked \t\r\n"),
    "a last chunk of many zeros": lambda e: as_chunks(e).replace(b"\r\n0\r\n", b"\r\n000000\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_good_event_is_stored(receiving: Running, framing: str) -> None:
    event = signed()
    answer = talk(receiving, FRAMINGS[framing](event))
    assert statuses(answer)[-1:] == [200], answer
    assert is_stored(receiving, event)


@pytest.mark.parametrize("framing", ["as usual", "chunks with trailers", "asks for h2c", "lines that end in LF"])
def test_it_does_not_matter_how_the_network_cuts_it(receiving: Running, framing: str) -> None:
    event = signed('{"type": "payment.succeeded", "data": {}}')
    whole = FRAMINGS[framing](event)
    assert statuses(talk(receiving, (whole[at : at + 1] for at in range(len(whole))))) == [200]
    assert is_stored(receiving, event)


@pytest.mark.parametrize("framing", ["as usual", "chunks with trailers", "asks for h2c"])
def test_it_may_be_cut_in_two_anywhere(receiving: Running, framing: str) -> None:
    event = signed('{"type": "payment.succeeded", "data": {}}')
    whole = FRAMINGS[framing](event)
    for at in range(0, len(whole), 7):
        assert statuses(talk(receiving, [whole[:at], whole[at:]])) == [200], at


def test_events_may_follow_each_other_without_waiting(receiving: Running) -> None:
    events = [signed() for _ in range(12)]
    framings: Iterable[Build] = (
        lambda e: post(e, b""),
        lambda e: post(e, b"Connection: upgrade\r\nUpgrade: h2c\r\n"),
        lambda e: post(e, CHUNKED, length=b"", body=chunked(e.body) + b"x: y\r\n\r\n"),
    )
    requests = [build(event) for event, build in zip(events, [*framings] * 4, strict=True)]
    answer = talk(
        receiving, b"\r\n".join(requests) + b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    assert statuses(answer) == [200] * 13
    assert all(is_stored(receiving, event) for event in events)


def test_a_sender_may_close_its_half_as_soon_as_the_request_is_out(receiving: Running) -> None:
    event = signed()
    assert statuses(talk(receiving, post(event, b""), ends=True)) == [200]
    assert is_stored(receiving, event)


def test_who_expects_to_be_told_is_told_to_go_on(receiving: Running) -> None:
    event = signed()
    assert statuses(talk(receiving, post(event, CLOSE + b"Expect: 100-continue\r\n"))) == [100, 200]


def test_who_expects_to_be_told_is_not_told_to_send_in_vain(receiving: Running) -> None:
    whole = post(signed(), b"Expect: 100-continue\r\n", target=b"/in/nobody")
    assert statuses(talk(receiving, whole[: whole.find(b"\r\n\r\n") + 4])) == [404]


REFUSED: dict[str, Build] = {
    "length and chunks": lambda e: as_chunks(e).replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1),
    "chunks and length": lambda e: post(e, CLOSE + CHUNKED),
    "two lengths": lambda e: post(e, CLOSE + b"Content-Length: 1\r\n"),
    "a list of lengths": lambda e: post(e, length=b"Content-Length: 5, 6\r\n"),
    "a length with a sign": lambda e: post(e, length=b"Content-Length: +%d\r\n" % len(e.body)),
    "a length in hexadecimal": lambda e: post(e, length=b"Content-Length: 0x10\r\n"),
    "an empty length": lambda e: post(e, length=b"Content-Length:\r\n"),
    "a length beyond all numbers": lambda e: post(e, length=b"Content-Length: " + b"9" * 40 + b"\r\n"),
    "chunked twice": lambda e: as_chunks(e, te=b"Transfer-Encoding: chunked, chunked\r\n"),
    "chunked in two headers": lambda e: as_chunks(e, te=CHUNKED * 2),
    "chunked not last": lambda e: as_chunks(e, te=b"Transfer-Encoding: chunked, identity\r\n"),
    "nearly chunked": lambda e: as_chunks(e, te=b"Transfer-Encoding: xchunked\r\n"),
    "chunked in quotes": lambda e: as_chunks(e, te=b'Transfer-Encoding: "chunked"\r\n'),
    "chunked after a vertical tab": lambda e: as_chunks(e, te=b"Transfer-Encoding: \x0bchunked\r\n"),
    "identity": lambda e: post(e, CLOSE + b"Transfer-Encoding: identity\r\n", length=b""),
    "space before a colon": lambda e: post(e).replace(b"Content-Length:", b"Content-Length :"),
    "a folded length": lambda e: post(e, length=b"Content-Length:\r\n %d\r\n" % len(e.body)),
    "a folded coding": lambda e: as_chunks(e, te=b"Transfer-Encoding:\r\n chunked\r\n"),
    "a length in a folded line of a length": lambda e: post(e, CLOSE + b"Content-Length: 1\r\n 2\r\n"),
    "a folded Host": lambda e: post(e, host=b"Host: a\r\n b\r\n"),
    "empty codings and a length": lambda e: post(e, CLOSE + b"Transfer-Encoding: ,\r\n"),
    "chunks with an empty element, and a length": lambda e: post(e, CLOSE + b"Transfer-Encoding: chunked ,\r\n"),
    "lengths and chunks": lambda e: as_chunks(e, te=CHUNKED + b"Content-Length: 5\r\nContent-Length: 5\r\n"),
    "three lengths": lambda e: post(e, CLOSE + b"Content-Length: %d\r\nContent-Length: 1\r\n" % len(e.body)),
    "a list of a length and a word": lambda e: post(e, length=b"Content-Length: %d, a\r\n" % len(e.body)),
    "a list of nothing": lambda e: post(e, length=b"Content-Length: ,\r\n"),
    "a length in two words": lambda e: post(e, length=b"Content-Length: 1 2\r\n"),
    "chunked twice with an empty element": lambda e: as_chunks(e, te=b"Transfer-Encoding: chunked,,chunked\r\n"),
    "chunked in two words": lambda e: as_chunks(e, te=b"Transfer-Encoding: chun ked\r\n"),
    "a thousand empty elements": lambda e: as_chunks(e, te=b"Transfer-Encoding: chunked" + b"," * 1000 + b"\r\n"),
    "NUL in a folded line": lambda e: post(e, CLOSE + b"X: a\r\n b\0\r\n"),
    "a folded line of nothing": lambda e: post(e, CLOSE + b"X-Folded: a\r\n \r\nX: y\r\n"),
    "space before the first header": lambda e: post(e, host=b" Host: 127.0.0.1\r\n"),
    "CR alone": lambda e: post(e, CLOSE + b"X: a\rY: b\r\n"),
    "NUL in a header": lambda e: post(e, CLOSE + b"X: a\0b\r\n"),
    "a header without a name": lambda e: post(e, CLOSE + b": a\r\n"),
    "a line without a colon": lambda e: post(e, CLOSE + b"nothing\r\n"),
    "no Host": lambda e: post(e, host=b""),
    "two Hosts": lambda e: post(e, host=b"Host: 127.0.0.1\r\n" * 2),
    "a Host with a path": lambda e: post(e, host=b"Host: 127.0.0.1/x\r\n"),
    "a Host with a space": lambda e: post(e, host=b"Host: a b\r\n"),
    "a Host with a wrong port": lambda e: post(e, host=b"Host: 127.0.0.1:http\r\n"),
    "half a bracket": lambda e: post(e, host=b"Host: [::1\r\n"),
    "HTTP/0.9": lambda e: b"POST " + PATH + b"\r\n\r\n",
    "HTTP/3.0": lambda e: post(e, version=b"3.0"),
    "the beginning of HTTP/2": lambda e: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": lambda e: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 client hello \r\n\r\n",
    "a tunnel": lambda e: b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
    "an absolute form of another kind": lambda e: post(e, target=b"ftp://127.0.0.1" + PATH),
    "chunks that end in LF": lambda e: as_chunks(e).replace(b"\r\n64\r\n", b"\r\n64\n"),
    "an extension with LF": lambda e: as_chunks(e, extension=b";a\nb"),
    "a chunk longer than said": lambda e: as_chunks(e).replace(b"\r\n64\r\n", b"\r\n63\r\n", 1),
    "a negative chunk": lambda e: as_chunks(e).replace(b"\r\n64\r\n", b"\r\n-64\r\n", 1),
    "a chunk in hexadecimal with 0x": lambda e: as_chunks(e).replace(b"\r\n64\r\n", b"\r\n0x64\r\n", 1),
    "a chunk beyond all numbers": lambda e: as_chunks(e).replace(b"\r\n64\r\n", b"\r\n" + b"f" * 40 + b"\r\n", 1),
    "an endless extension": lambda e: as_chunks(e, extension=b";" + b"a" * 5000),
    "endless trailers": lambda e: as_chunks(e, end=b"a: b\r\n" * 20_000 + b"\r\n"),
    "a folded trailer": lambda e: as_chunks(e, end=b"a: b\r\n c\r\n\r\n"),
    "nearly a million chunks": lambda e: post(e, CLOSE + CHUNKED, length=b"", body=b"1\r\n \r\n" * 900_000),
}  # fmt: skip


@pytest.mark.parametrize("framing", REFUSED)
def test_what_others_may_read_differently_is_refused(receiving: Running, framing: str) -> None:
    event = signed()
    try:
        answer = talk(receiving, REFUSED[framing](event))
    except ConnectionError:
        assert len(REFUSED[framing](event)) > 256 * 1024  # more than is thrown away after an answer
    else:
        assert statuses(answer) == [400], answer
        assert b"connection: close" in answer
    assert not is_stored(receiving, event)


def test_another_transfer_coding_is_not_implemented(receiving: Running) -> None:
    answer = talk(receiving, as_chunks(signed(), te=b"Transfer-Encoding: gzip, chunked\r\n"))
    assert statuses(answer) == [501]


def test_nothing_behind_a_refused_request_is_read(receiving: Running) -> None:
    event = signed()
    answer = talk(receiving, REFUSED["length and chunks"](signed()) + post(event))
    assert statuses(answer) == [400]
    assert not is_stored(receiving, event)


def test_nobody_elses_trailer_becomes_a_header(receiving: Running) -> None:
    """A proof that comes behind the body is none, and what was judged does not change any more."""
    event = signed()
    bare = Signed(event.id, event.body, b"")
    assert statuses(talk(receiving, as_chunks(bare, end=event.head + b"\r\n"))) == [401]
    assert not is_stored(receiving, event)


def test_an_upgrade_does_not_lose_a_form(receiving: Running) -> None:
    body = b"name=nobody&password=wrong&next="
    head = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n"
    upgrade = b"Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert b"The name or password is wrong." in talk(receiving, head + upgrade + body)


def test_an_unknown_address_is_answered_before_the_body_is_there(receiving: Running) -> None:
    head = b"POST /in/nobody HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"
    answer = talk(receiving, head)
    assert statuses(answer) == [404]
    assert b"There is no source at this address." in answer


def test_an_early_answer_is_read_although_the_body_is_still_being_sent(receiving: Running) -> None:
    head = b"POST /in/nobody HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000\r\n\r\n"
    assert statuses(talk(receiving, [head, *(b"x" * 1000 for _ in range(200))])) == [404]
