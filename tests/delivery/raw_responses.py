"""Unusual HTTP responses, each with the result expected of the courier. Tests also compare Curl and Node."""

from dataclasses import dataclass
from enum import Enum


class Then(Enum):
    """What the server does after it has written the response."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"


KEEP, CLOSE, RESET = Then


@dataclass(frozen=True)
class Case:
    raw: bytes
    then: Then
    status: int
    """The expected status; 0 if no response can be read."""
    body: bytes
    whole: bool = True
    """Whether the response is complete."""


OK = b"HTTP/1.1 200 OK\r\n"
TWO = b"content-length: 2\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"

CASES = {
    "plain": Case(OK + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "fold": Case(OK + b"X: a\r\n  b\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "fold tab": Case(OK + b"X: a\r\n\tb\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "fold of length": Case(OK + b"content-length:\r\n 2\r\n\r\nok", KEEP, 200, b"ok"),
    "fold in te": Case(OK + b"transfer-encoding:\r\n chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "fold first": Case(OK + b" X: a\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "fold white only": Case(OK + b"X: a\r\n \r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "no reason": Case(b"HTTP/1.1 200\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "no reason, space": Case(b"HTTP/1.1 200 \r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "reason latin1": Case(b"HTTP/1.1 200 Voil\xe0\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "reason tab": Case(b"HTTP/1.1 200\tOK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "two spaces": Case(b"HTTP/1.1  200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "tab before status": Case(b"HTTP/1.1\t200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "lower http": Case(b"http/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/1.2": Case(b"HTTP/1.2 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/0.9": Case(b"HTTP/0.9 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/2.0": Case(b"HTTP/2.0 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/2": Case(b"HTTP/2 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/2 bare": Case(b"HTTP/2 200\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/3": Case(b"HTTP/3 200\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/1": Case(b"HTTP/1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http/1.10": Case(b"HTTP/1.10 200 OK\r\n" + TWO + b"\r\nok", KEEP, 0, b"", whole=False),
    "icy": Case(b"ICY 200 OK\r\n" + TWO + b"\r\nok", CLOSE, 0, b"", whole=False),
    "four digits": Case(b"HTTP/1.1 2000 OK\r\n" + TWO + b"\r\nok", KEEP, 0, b"", whole=False),
    "two digits": Case(b"HTTP/1.1 20 OK\r\n" + TWO + b"\r\nok", KEEP, 0, b"", whole=False),
    "042": Case(b"HTTP/1.1 042 OK\r\n" + TWO + b"\r\nok", KEEP, 0, b"", whole=False),
    "000": Case(b"HTTP/1.1 000 OK\r\n" + TWO + b"\r\nok", KEEP, 0, b"", whole=False),
    "999": Case(b"HTTP/1.1 999 OK\r\n" + TWO + b"\r\nok", KEEP, 999, b"ok"),
    "600": Case(b"HTTP/1.1 600 OK\r\n" + TWO + b"\r\nok", KEEP, 600, b"ok"),
    "200OK": Case(b"HTTP/1.1 200OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "200,ok": Case(b"HTTP/1.1 200: OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "crlf first": Case(b"\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "crlfs first": Case(b"\r\n\r\n\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "space first": Case(b" HTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 0, b"", whole=False),
    "bare lf": Case(b"HTTP/1.1 200 OK\ncontent-length: 2\n\nok", KEEP, 200, b"ok"),
    "mixed lf": Case(OK + b"content-length: 2\n\r\nok", KEEP, 200, b"ok"),
    "mixed lf 2": Case(b"HTTP/1.1 200 OK\n" + TWO + b"\nok", KEEP, 200, b"ok"),
    "bare cr": Case(b"HTTP/1.1 200 OK\rcontent-length: 2\r\rok", CLOSE, 0, b"", whole=False),
    "crcrlf": Case(b"HTTP/1.1 200 OK\r\r\ncontent-length: 2\r\r\n\r\r\nok", CLOSE, 200, b"ok"),
    "cr in value": Case(OK + b"x: a\rb\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "nul in value": Case(OK + b"x: a\x00b\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "ctl in value": Case(OK + b"x: a\x01b\x7f\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "latin1 value": Case(OK + b"x: \xfc\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "utf8 value": Case(OK + b"x: \xc3\xbc\xe4\xbd\xa0\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "latin1 name": Case(OK + b"x\xfc: a\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "space in name": Case(OK + b"x y: a\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "space before colon": Case(OK + b"content-length : 2\r\n\r\nok", KEEP, 200, b"ok"),
    "space before colon other": Case(OK + b"x : 2\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "no colon": Case(OK + b"nonsense\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "empty name": Case(OK + b": a\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "odd name": Case(OK + b"x(y)@[z]: a\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "no space after colon": Case(OK + b"content-length:2\r\n\r\nok", KEEP, 200, b"ok"),
    "tabs around": Case(OK + b"content-length:\t2\t \r\n\r\nok", KEEP, 200, b"ok"),
    "empty value": Case(OK + b"x:\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "upper": Case(OK + b"CONTENT-LENGTH: 2\r\n\r\nok", KEEP, 200, b"ok"),
    "http line as header": Case(OK + b"HTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http line as header 2": Case(OK + b"HTTP/1.1: 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "no headers close": Case(OK + b"\r\nok", CLOSE, 200, b"ok"),
    "1.0 no length": Case(b"HTTP/1.0 200 OK\r\n\r\nok", CLOSE, 200, b"ok"),
    "head unfinished": Case(OK + TWO, CLOSE, 200, b"", whole=False),
    "head unfinished mid": Case(OK + b"content-le", CLOSE, 200, b"", whole=False),
    "status line only": Case(OK, CLOSE, 200, b"", whole=False),
    "status only": Case(b"HTTP/1.1 200 OK", CLOSE, 0, b"", whole=False),
    "status only 2": Case(b"HTTP/1.1 200 ", CLOSE, 0, b"", whole=False),
    "status digits only": Case(b"HTTP/1.1 200", CLOSE, 0, b"", whole=False),
    "status cut": Case(b"HTTP/1.1 20", CLOSE, 0, b"", whole=False),
    "status line reset": Case(OK, RESET, 200, b"", whole=False),
    "head then reset": Case(OK + TWO + b"\r\n", RESET, 200, b"", whole=False),
    "answer then reset": Case(OK + TWO + b"\r\nok", RESET, 200, b"ok"),
    "partial then reset": Case(OK + b"content-length: 9\r\n\r\nok", RESET, 200, b"ok", whole=False),
    "no length then reset": Case(OK + b"\r\nok", RESET, 200, b"ok", whole=False),
    "equal lengths": Case(OK + b"content-length: 2\r\ncontent-length: 2\r\n\r\nok", KEEP, 200, b"ok"),
    "lengths list": Case(OK + b"content-length: 2, 2\r\n\r\nok", KEEP, 200, b"ok"),
    "lengths differ": Case(OK + b"content-length: 1\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "lengths differ close": Case(OK + b"content-length: 1\r\n" + TWO + b"\r\nok", CLOSE, 200, b"ok"),
    "lengths list differ": Case(OK + b"content-length: 2, 3\r\n\r\nok", CLOSE, 200, b"ok"),
    "length empty": Case(OK + b"content-length:\r\n\r\nok", CLOSE, 200, b"ok"),
    "length neg": Case(OK + b"content-length: -1\r\n\r\nok", CLOSE, 200, b"ok"),
    "length plus": Case(OK + b"content-length: +2\r\n\r\nok", CLOSE, 200, b"ok"),
    "length text": Case(OK + b"content-length: two\r\n\r\nok", CLOSE, 200, b"ok"),
    "length bytes": Case(OK + b"content-length: 2 bytes\r\n\r\nok", CLOSE, 200, b"ok"),
    "length dec": Case(OK + b"content-length: 2.0\r\n\r\nok", CLOSE, 200, b"ok"),
    "length zeros": Case(OK + b"content-length: 00002\r\n\r\nok", KEEP, 200, b"ok"),
    "length huge": Case(OK + b"content-length: 99999999999999999999\r\n\r\nok", CLOSE, 200, b"ok"),
    "length hex": Case(OK + b"content-length: 0x2\r\n\r\nok", CLOSE, 200, b""),
    "too short body": Case(OK + b"content-length: 9\r\n\r\nok", CLOSE, 200, b"ok", whole=False),
    "too long body": Case(OK + TWO + b"\r\nok and more", CLOSE, 200, b"ok"),
    "te upper": Case(OK + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "te comma": Case(OK + b"transfer-encoding: chunked,\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "te comma before": Case(OK + b"transfer-encoding: ,chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "te twice": Case(
        OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"
    ),
    "te chunked, chunked": Case(
        OK + b"transfer-encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"
    ),
    "te identity, chunked": Case(
        OK + b"transfer-encoding: identity, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"
    ),
    "te identity": Case(OK + b"transfer-encoding: identity\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "te identity close": Case(OK + b"transfer-encoding: identity\r\n\r\nok", CLOSE, 200, b"ok"),
    "te chunked, identity": Case(
        OK + b"transfer-encoding: chunked, identity\r\n\r\n2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"ok"
    ),
    "te quoted": Case(OK + b'transfer-encoding: "chunked"\r\n\r\n2\r\nok\r\n0\r\n\r\n', CLOSE, 200, b"ok"),
    "te param": Case(OK + b"transfer-encoding: chunked;q=1\r\n\r\n2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"ok"),
    "te gzip": Case(OK + b"transfer-encoding: gzip\r\n\r\nok", CLOSE, 200, b"ok"),
    "te gzip, chunked": Case(OK + b"transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"ok"),
    "te empty": Case(OK + b"transfer-encoding:\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "te and length": Case(OK + b"transfer-encoding: chunked\r\n" + TWO + b"\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "te and length 5": Case(
        OK + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"
    ),
    "te unknown and length": Case(OK + b"transfer-encoding: foo\r\n" + TWO + b"\r\nok", CLOSE, 200, b"ok"),
    "te in 1.0": Case(b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"ok"),
    "te control": Case(OK + b"transfer-encoding: \x0bchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"ok"),
    "chunk ext": Case(CHUNKED + b'2;a=b;c="d;e"\r\nok\r\n0;x\r\n\r\n', KEEP, 200, b"ok"),
    "chunk ext space": Case(CHUNKED + b"2 ; a = b\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "chunk space": Case(CHUNKED + b"2  \r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "chunk space before": Case(CHUNKED + b"  2\r\nok\r\n0\r\n\r\n", KEEP, 200, b"ok"),
    "chunk zeros": Case(CHUNKED + b"0000002\r\nok\r\n000\r\n\r\n", KEEP, 200, b"ok"),
    "chunk many zeros": Case(CHUNKED + b"00000000000000000002\r\nok\r\n000\r\n\r\n", KEEP, 200, b"ok"),
    "chunk upper": Case(CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n", KEEP, 200, b"0123456789"),
    "chunk 0x": Case(CHUNKED + b"0x2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"", whole=False),
    "chunk lf": Case(CHUNKED + b"2\nok\n0\n\n", KEEP, 200, b"ok"),
    "chunk lf mixed": Case(CHUNKED + b"2\r\nok\n0\r\n\r\n", KEEP, 200, b"ok"),
    "chunk no crlf after": Case(CHUNKED + b"2\r\nok0\r\n\r\n", KEEP, 200, b"ok", whole=False),
    "chunk extra crlf": Case(CHUNKED + b"2\r\nok\r\n\r\n0\r\n\r\n", CLOSE, 200, b"ok"),
    "chunk trailer": Case(CHUNKED + b"2\r\nok\r\n0\r\nx: y\r\n\r\n", KEEP, 200, b"ok"),
    "chunk trailer odd": Case(CHUNKED + b"2\r\nok\r\n0\r\nno colon\r\n\r\n", CLOSE, 200, b"ok"),
    "chunk no last": Case(CHUNKED + b"2\r\nok\r\n", CLOSE, 200, b"ok", whole=False),
    "chunk no last crlf": Case(CHUNKED + b"2\r\nok\r\n0\r\n", CLOSE, 200, b"ok"),
    "chunk last bare": Case(CHUNKED + b"2\r\nok\r\n0", CLOSE, 200, b"ok", whole=False),
    "chunk bad": Case(CHUNKED + b"zz\r\nok\r\n", CLOSE, 200, b"", whole=False),
    "chunk neg": Case(CHUNKED + b"-2\r\nok\r\n0\r\n\r\n", CLOSE, 200, b"", whole=False),
    "chunk missing": Case(CHUNKED + b"ok", CLOSE, 200, b"", whole=False),
    "chunk none": Case(CHUNKED, CLOSE, 200, b"", whole=False),
    "chunk huge": Case(CHUNKED + b"ffffffffffffffffff\r\nok", CLOSE, 200, b"", whole=False),
    "chunk short": Case(CHUNKED + b"9\r\nok", CLOSE, 200, b"ok", whole=False),
    "100": Case(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "100 headers": Case(
        b"HTTP/1.1 100 Continue\r\nx: y\r\ncontent-length: 5\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok",
        KEEP,
        200,
        b"ok",
    ),
    "102 103": Case(
        b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok",
        KEEP,
        200,
        b"ok",
    ),
    "199": Case(b"HTTP/1.1 199 X\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "100 in 1.0": Case(b"HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "100 close": Case(
        b"HTTP/1.1 100 Continue\r\nconnection: close\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"
    ),
    "100 only": Case(b"HTTP/1.1 100 Continue\r\n\r\n", CLOSE, 0, b"", whole=False),
    "101": Case(b"HTTP/1.1 101 Sw\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n", CLOSE, 101, b""),
    "101 no upgrade": Case(b"HTTP/1.1 101 Sw\r\n\r\nHTTP/1.1 200 OK\r\n" + TWO + b"\r\nok", CLOSE, 101, b""),
    "upgrade 200": Case(OK + b"connection: upgrade\r\nupgrade: h2\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "upgrade 426": Case(
        b"HTTP/1.1 426 U\r\nconnection: upgrade\r\nupgrade: TLS/1.2\r\n" + TWO + b"\r\nok", KEEP, 426, b"ok"
    ),
    "204 body": Case(b"HTTP/1.1 204 No\r\n" + TWO + b"\r\nok", CLOSE, 204, b""),
    "204 te": Case(b"HTTP/1.1 204 No\r\ntransfer-encoding: chunked\r\n\r\n", KEEP, 204, b""),
    "204 nolen keep": Case(b"HTTP/1.1 204 No\r\n\r\n", KEEP, 204, b""),
    "205": Case(b"HTTP/1.1 205 R\r\ncontent-length: 0\r\n\r\n", KEEP, 205, b""),
    "304": Case(b"HTTP/1.1 304 N\r\ncontent-length: 5\r\n\r\n", KEEP, 304, b""),
    "conn odd": Case(OK + b"connection: Keep-Alive, foo\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "conn empty": Case(OK + b"connection:\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "gzip bad": Case(OK + b"content-encoding: gzip\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "http09": Case(b"hello\r\n", CLOSE, 0, b"", whole=False),
    "html": Case(b"<html>hi</html>", CLOSE, 0, b"", whole=False),
    "ssh": Case(b"SSH-2.0-OpenSSH_9.9\r\n", CLOSE, 0, b"", whole=False),
    "nothing": Case(b"", CLOSE, 0, b"", whole=False),
    "status in body of html": Case(b"<html>\r\nHTTP/1.1 200 OK\r\n\r\n", CLOSE, 0, b"", whole=False),
    "101 headers": Case(OK + b"".join(b"x%d: a\r\n" % n for n in range(101)) + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "3,000 headers": Case(OK + b"".join(b"x%d: a\r\n" % n for n in range(3000)) + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "a header of 60 KB": Case(OK + b"x: " + b"a" * 60_000 + b"\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
    "a head of 64 KiB": Case(OK + b"x: " + b"a" * (65_536 - 43) + b"\r\n" + TWO + b"\r\nok", KEEP, 200, b"ok"),
}
