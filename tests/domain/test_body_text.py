"""The body of a response becomes text: decompressed within bounds, in UTF-8 whatever its charset."""

import gzip
import zlib

import pytest
from effort import effort

from server.domain.body_text import as_text

LIMIT = 64 * 1024
GERMAN, CHINESE, JAPANESE = "Ungültiger Schlüssel – 5 €", "签名无效，请检查密钥。", "署名が無効です。"


def read(body: bytes, content_type: str = "", codings: tuple[str, ...] = (), *, complete: bool = True):
    return as_text(body, content_type=content_type, codings=codings, complete=complete, max_bytes=LIMIT)


DECLARED = [
    ("text/plain; charset=windows-1252", GERMAN, "cp1252"),
    ("text/plain; charset=iso-8859-1", GERMAN, "cp1252"),  # as browsers read that label
    ('text/plain; charset="ISO-8859-15"', "5 €", "iso8859-15"),
    ("text/plain;charset='latin1' ; x=y", "Schlüssel", "latin-1"),
    ("text/plain; Charset = us-ascii", "Schlüssel", "latin-1"),
    ("application/json;charset=GBK", CHINESE, "gbk"),
    ("text/html; charset=gb2312", CHINESE, "gb2312"),
    ("text/html; charset=gb18030", CHINESE + "𠮷", "gb18030"),
    ("text/html; charset=Big5", "簽名無效", "big5"),
    ("text/html; charset=Shift_JIS", JAPANESE + "①", "cp932"),
    ("text/html; charset=x-sjis", JAPANESE, "shift_jis"),
    ("text/html; charset=EUC-JP", JAPANESE, "euc_jp"),
    ("text/plain; charset=iso-2022-jp", JAPANESE, "iso2022_jp"),
    ("text/html; charset=ks_c_5601-1987", "서명이 잘못되었습니다", "cp949"),
    ("text/html; charset=KOI8-R", "Неверная подпись", "koi8-r"),
    ("text/html; charset=windows-1251", "Неверная подпись", "cp1251"),
    ("text/html; charset=iso-8859-2", "Nieprawidłowy", "iso8859-2"),
    ("text/html; charset=windows-1254", "Geçersiz imza ığş", "cp1254"),
    ("text/html; charset=tis-620", "ลายเซ็นไม่ถูกต้อง", "cp874"),
    ("application/json; charset=utf-16le", '{"a":"ü"}', "utf-16-le"),
    ("application/json; charset=utf-16be", '{"a":"ü"}', "utf-16-be"),
    ("application/json; charset=utf-16", '{"a":1}', "utf-16"),
    ("application/json; charset=utf-8", CHINESE, "utf-8"),
]


@pytest.mark.parametrize(("content_type", "text", "python"), DECLARED, ids=[one[0] for one in DECLARED])
def test_a_declared_charset_is_read(content_type, text, python):
    assert read(text.encode(python), content_type) == (text.encode(), False)


UNDECLARED = {
    "utf-8": ("text/plain", GERMAN.encode(), GERMAN),
    "utf-8 with its mark": ("text/plain", b"\xef\xbb\xbf" + GERMAN.encode(), GERMAN),
    "utf-16 with its mark": ("", b"\xff\xfe" + GERMAN.encode("utf-16-le"), GERMAN),
    "utf-16, the other way round": ("text/xml", b"\xfe\xff" + GERMAN.encode("utf-16-be"), GERMAN),
    "a mark wins": ("text/plain; charset=iso-8859-1", b"\xef\xbb\xbf" + CHINESE.encode(), CHINESE),
    "said by XML": (
        "application/xml",
        f'<?xml version="1.0" encoding="GBK"?><e>{CHINESE}</e>'.encode("gbk"),
        f'<?xml version="1.0" encoding="GBK"?><e>{CHINESE}</e>',
    ),
    "said by HTML": (
        "text/html",
        f'<html><meta charset="shift_jis"><p>{JAPANESE}'.encode("cp932"),
        f'<html><meta charset="shift_jis"><p>{JAPANESE}',
    ),
    "said by old HTML": (
        "text/html",
        f'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">{"Ошибка"}'.encode("koi8-r"),
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">Ошибка',
    ),
    "nothing said": ("text/plain", "Schlüssel".encode("latin-1"), "Schlüssel"),
    "no type": ("", "Schlüssel".encode("latin-1"), "Schlüssel"),
    "an unknown charset": ("text/plain; charset=klingon", "Schlüssel".encode("latin-1"), "Schlüssel"),
    "an unknown charset of utf-8": ("text/plain; charset=klingon", CHINESE.encode(), CHINESE),
    "a codec that is no charset": ("text/plain; charset=unicode_escape", rb"\u0041", r"\u0041"),
    "another one": ("text/plain; charset=hex", b"4141", "4141"),
    "utf-16 that is none": ("text/xml; charset=utf-16", b'{"a":1}', '{"a":1}'),
}


@pytest.mark.parametrize(("content_type", "body", "text"), UNDECLARED.values(), ids=UNDECLARED.keys())
def test_a_charset_is_found_otherwise(content_type, body, text):
    assert read(body, content_type) == (text.encode(), False)


BYTES = {
    "a picture": ("image/png", b"\x89PNG\r\n\x1a\n\x00\x00\xff"),
    "bytes without a type": ("", b"\x00\x01\x02\xff\xfe"),
    "utf-8 that is broken": ("text/plain; charset=utf-8", b"a\xffb"),
    "nothing": ("text/plain", b""),
}


@pytest.mark.parametrize(("content_type", "body"), BYTES.values(), ids=BYTES.keys())
def test_what_is_no_text_stays_as_it_is(content_type, body):
    assert read(body, content_type) == (body, False)


def raw_deflate(text: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(text) + packing.flush()


TEXT = GERMAN.encode() * 20
PACKED = {
    "gzip": (gzip.compress(TEXT), ("gzip",)),
    "x-gzip": (gzip.compress(TEXT), ("x-gzip",)),
    "gzip in two files": (gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), ("gzip",)),
    "gzip and something after it": (gzip.compress(TEXT) + b"\0\0", ("gzip",)),
    "deflate": (zlib.compress(TEXT), ("deflate",)),
    "deflate without zlib's frame": (raw_deflate(TEXT), ("deflate",)),
    "one in the other": (gzip.compress(zlib.compress(TEXT)), ("deflate", "gzip")),
    "identity": (TEXT, ("identity",)),
    "gzip that is none": (TEXT, ("gzip",)),
    "deflate that is none": (TEXT, ("deflate",)),
}


@pytest.mark.parametrize(("body", "codings"), PACKED.values(), ids=PACKED.keys())
def test_what_is_compressed_is_unpacked(body, codings):
    assert read(body, "text/plain", codings) == (TEXT, False)


def test_what_cannot_be_unpacked_stays_as_it_is():
    assert read(b"\x8b\x0b\x80plain\x03", "text/plain", ("br",)) == (b"\x8b\x0b\x80plain\x03", False)


LINES = "".join(f"line {n}: {n * n}\n" for n in range(2000)).encode()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_of_what_breaks_off_the_beginning_is_read(coding):
    packed = gzip.compress(LINES) if coding == "gzip" else zlib.compress(LINES)
    text, more = read(packed[: len(packed) // 2], "text/plain", (coding,), complete=False)
    assert more
    assert len(text) > len(LINES) // 4
    assert LINES.startswith(text)


def test_of_what_is_broken_in_the_middle_the_beginning_is_read():
    packed = bytearray(gzip.compress(LINES))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = b"\xff" * 200
    text, more = read(bytes(packed), "text/plain", ("gzip",))
    assert more
    assert LINES.startswith(text[:2000])


def test_a_wrong_checksum_loses_nothing():
    packed = bytearray(gzip.compress(LINES))
    packed[-6] ^= 0xFF
    assert read(bytes(packed), "text/plain", ("gzip",)) == (LINES, True)


BOMBS = {
    "once": (gzip.compress(b"a" * 50_000_000, 1), ("gzip",)),
    "twice": (gzip.compress(gzip.compress(b"a" * 1_000_000) * 4_000), ("gzip", "gzip")),
    "in many small files": (gzip.compress(b"") * 3_000, ("gzip",)),
    "in very many layers": (b"x", ("gzip",) * 1_000),
    "deflate": (zlib.compress(b"a" * 50_000_000, 1), ("deflate",)),
}


@pytest.mark.parametrize(("body", "codings"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_costs_little(body, codings):
    with effort(at_most=1):
        text, _ = read(body[:LIMIT], "text/plain", codings, complete=False)
    assert len(text) <= LIMIT


def test_no_more_is_kept_than_the_limit_and_no_character_is_cut():
    text, more = read(("ä" * LIMIT).encode("latin-1"), "text/plain; charset=latin1")
    assert more
    assert text == ("ä" * (LIMIT // 2)).encode()
    text, more = read(("x" + "ä" * LIMIT).encode()[:LIMIT], "text/plain", complete=False)
    assert more
    assert text == ("x" + "ä" * (LIMIT // 2 - 1)).encode()
