"""Whoever leaves in the middle of something leaves a short line in the log, however often, and never a traceback."""

import io
import sys
from pathlib import Path

import pytest
import structlog
from raw import SOURCE, signed, statuses, talk
from running import Running, wait_for
from stalls import acknowledged, closed, opened

from server.serve import configure_logging
from server.settings import Settings

BEGUN = [
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\nname=ada",
    b"POST /preferences HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nname\r\n",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nname\r\nnonsense\r\n",
    f"POST /in/{SOURCE.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\n{{".encode(),
    b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20,
    b"GET /static/css/base.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET /log",
    b"nonsense\r\n\r\n",
]


def test_they_are_counted_and_not_listed(receiving: Running) -> None:
    before = len(receiving.log)
    for request in BEGUN * 10:
        closed(opened(receiving, 1, request))
    wait_for(lambda: "request.aborted" in receiving.log[before:])
    acknowledged(receiving)
    said = receiving.log[before:]
    assert "Traceback" not in said
    assert said.count("request.aborted") == 1
    assert len(said) < 1000, said


JUNK = [
    b"\xff" * 40, b"%00", b"%ff%fe", b"..%2f..%2fetc%2fpasswd", b"x" * 3000, b"%F0%9F%98%80", b"{7*7}", b"%ed%a0%80",
    b"-1", b"1e999", b"%0d%0aSet-Cookie:x=y", b"[", b"]", b"//evil.example", b"\\\\evil.example", b"%1b[2J",
]  # fmt: skip
PLACES = [b"/%s", b"/login?next=%s", b"/setup?token=%s", b"/static/%s", b"/in/%s", b"/endpoints/%s", b"/%s/", b"*%s",
          b"/login?said=%s", b"/messages/%s/body", b"/live?topic=%s", b"http://127.0.0.1/%s"]  # fmt: skip


@pytest.mark.parametrize(
    "method", [b"GET", b"HEAD", b"POST", b"OPTIONS", b"PUT", b"DELETE", b"PATCH", b"TRACE", b"QUERY"]
)
def test_junk_is_answered_without_a_fault_of_ours(receiving: Running, method: bytes) -> None:
    before = len(receiving.log)
    for place in PLACES:
        for junk in JUNK:
            target = place % junk
            head = b"%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAccept: text/html\r\n" % (method, target)
            head += b"Cookie: session=%s; lang=%s; theme=%s\r\nAccept-Language: %s;q=%s\r\n" % ((junk,) * 5)
            head += b"If-None-Match: %s\r\nIf-Modified-Since: %s\r\nRange: bytes=%s\r\n" % ((junk,) * 3)
            head += b"HX-Request-Type: partial\r\nOrigin: %s\r\nX-Forwarded-For: %s\r\n\r\n" % ((junk,) * 2)
            answered = statuses(talk(receiving, head))
            assert answered and answered[0] < 500, (target, answered)
    assert "Traceback" not in receiving.log[before:]


def test_what_others_wrote_commands_no_terminal_that_shows_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    configure_logging(Settings(data=Path("unused")))
    try:
        log = structlog.get_logger()
        log.info("request.aborted", path="/\x1b[2J\x9b\nforged line")
        log.warning("database.busy", path="/" + "\u2028\r\x1b" * 10_000)
        log.error("request.failed", exc_info=ValueError("\x1b]0;title\x07"))
    finally:
        structlog.reset_defaults()
    assert not {"\x1b", "\x9b", "\x07"} & set(shown.getvalue())
    assert "\\x1b[2J" in shown.getvalue()
    assert "\nforged" not in shown.getvalue()
    assert "(30001 characters)" in shown.getvalue()
    assert max(map(len, shown.getvalue().splitlines())) < 10_000


def test_a_good_event_still_comes_through(receiving: Running) -> None:
    event = signed()
    head = f"POST /in/{SOURCE.token} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n".encode() + event.head
    assert statuses(talk(receiving, head + b"Content-Length: %d\r\n\r\n" % len(event.body) + event.body)) == [200]
