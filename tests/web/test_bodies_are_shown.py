"""A body is shown as coloured JSON, text or hexadecimal, without a changed character, and within bounds."""

import json
import re
from html import unescape

import pytest
from effort import effort

from server.domain.catalog import EVENT_TYPES, sample_json
from server.web.bodies import MAX_LINES, BodyKind, body_view
from server.web.pretty import SHOWN, pretty
from server.web.render import environment


def shown(body: bytes | str) -> str:
    return unescape(re.sub("<[^>]+>", "", str(body_view(body).lines))).rstrip("\n")


@pytest.mark.parametrize(
    "body",
    [
        '{"amount":12345678901234567890,"a":1.50,"a":1e400}',
        '{"empty":{},"none":[],"deep":[[{"x":[1,{"y":null}]}]],"text":"a \\"quoted\\" {[,:]} \\u0041"}',
        "[true,false,null,-0.0]",
        '"only text"',
        '  {"padded" : 1 }  ',
        "{}",
        *[sample_json(name) for name in list(EVENT_TYPES)[:5]],
    ],
)
def test_json_is_indented_and_nothing_in_it_changes(body: str) -> None:
    assert shown(body) == pretty(body).strip()


def test_names_and_values_have_the_colours_of_the_editor() -> None:
    lines = str(body_view('{"name":"x","n":1,"yes":true,"no":null}').lines)

    for style, text in (
        ("propertyName", "&#34;name&#34;"),
        ("string", "&#34;x&#34;"),
        ("number", "1"),
        ("bool", "true"),
        ("null", "null"),
    ):
        assert f'<span class="tok-{style}">{text}</span>' in lines


def test_markup_in_a_body_is_text() -> None:
    for body in (b'{"<b>":"</span><script>alert(1)</script>"}', b"<script>alert(1)</script>", b"\x00<script>"):
        assert "<script" not in str(body_view(body).lines)


def test_bytes_that_are_no_text_are_shown_as_hexadecimal() -> None:
    view = body_view(bytes(range(256)) * 100)

    assert view.kind is BodyKind.HEX
    assert view.shortened
    assert str(view.lines).startswith("00000000  00 01 02 03")


def test_damaged_text_stays_text() -> None:
    assert body_view(b'{"name": "caf\xe9"}').kind is BodyKind.JSON
    assert body_view(b"plain caf\xe9 and more words").kind is BodyKind.TEXT


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([{"n": number, "list": [1, 2, 3]} for number in range(20_000)]),
        json.dumps({"long": "x" * 900_000}),
        "[" * 100_000,
        "[" * 70 + "]" * 70,
        "y" * 3_000_000,
        json.dumps({"a": 1}) + " " * 2_000_000,
    ],
)
def test_a_large_body_is_shortened_in_time(body: str) -> None:
    with effort(at_most=1):
        view = body_view(body)
    assert len(re.sub("<[^>]+>", "", str(view.lines))) <= 3 * SHOWN
    assert str(view.lines).count("\n") <= MAX_LINES + 1
    assert view.size == len(body)
    assert view.shortened or len(shown(body)) >= len(body.strip())


def test_the_viewer_links_to_all_of_it_and_says_that_it_is_cut() -> None:
    ui = environment().globals["ui"]

    whole = str(ui.json(b'{"a":1}', address="/test/x"))  # type: ignore[attr-defined]
    cut = str(ui.json("z" * 200_000, address="/test/x"))  # type: ignore[attr-defined]

    assert 'href="/test/x"' in whole
    assert 'href="/test/x"' in cut
    assert "Only the beginning is shown." in cut
    assert "Only the beginning is shown." not in whole
    assert 'data-view="copy"' in whole
    assert 'data-view="copy"' not in cut
