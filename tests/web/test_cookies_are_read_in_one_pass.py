"""Only our cookies reach the pages, whatever else a browser or an attacker sends with them."""

from pathlib import Path

import pytest
from effort import effort
from newcomer import newcomer
from starlette.requests import Request

from server.web.cookies import NAMES, keep_ours

TOKEN = b"AZaz09_-" * 5


def seen(*sent: bytes) -> dict[str, str]:
    scope = {"type": "http", "headers": [(b"host", b"x"), *((b"cookie", value) for value in sent)]}
    keep_ours(scope)
    return Request(scope).cookies


@pytest.mark.parametrize(
    "sent",
    [
        b"session=" + TOKEN,
        b"a=b; session=" + TOKEN + b"; c=d",
        b"a=b;session=" + TOKEN + b";c=d",
        b"a;\t session=" + TOKEN + b"\t ; c",
        b"; ;; session=" + TOKEN + b";",
        b'a="x; y"; session=' + TOKEN,
        b"xsession=z; session=" + TOKEN + b"; sessionx=z; session =z",
        b"\xff\xfe=\xfd; session=" + TOKEN,
        b"c=" + b"c" * 60_000 + b"; session=" + TOKEN,
    ],
)
def test_ours_is_found_among_others(sent: bytes) -> None:
    assert seen(sent) == {"session": TOKEN.decode()}


def test_several_headers_count_as_one() -> None:
    assert seen(b"lang=zh_Hans; a=b", b"theme=dark") == {"lang": "zh_Hans", "theme": "dark"}


@pytest.mark.parametrize("value", [b'"abc"', b"a b", b"a\\b", b"x" * 129, b"\xff"])
def test_a_value_that_we_never_write_is_none(value: bytes) -> None:
    assert seen(b"session=" + value) == {}


@pytest.mark.parametrize(
    "piece",
    [b'"' + b"\\" * 200_000 + b'"', b"\\" * 200_000, b";" * 200_000, b"session=;" * 20_000, b" " * 200_000,
     b"session=" + b"a" * 200_000, b"; session=a" + b" " * 200_000 + b"x", b'session="\\"' * 20_000],
    ids=["quoted backslashes", "backslashes", "semicolons", "ours", "spaces", "long", "space", "quotes"],
)  # fmt: skip
def test_no_header_takes_long(piece: bytes) -> None:
    """Three times what a head may have. Backslashes of that size took Python's reader two minutes."""
    for sent in (piece, b"session=" + piece, b'lang="' + piece):
        with effort(at_most=0.25):
            seen(sent)


async def test_every_cookie_that_we_set_is_one_that_we_read(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        await visitor.post("/preferences", data={"lang": "zh_Hans", "theme": "dark", "next": "/logs"})
        assert set(visitor.cookies) <= set(NAMES)
        assert len(visitor.cookies) == 5
        assert 'lang="zh-Hans"' in (await visitor.get("/logs")).text
