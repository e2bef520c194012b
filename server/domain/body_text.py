"""Response bodies as readable text: decompressed, and converted from any charset to UTF-8.

Every request says ``Accept-Encoding: identity``, yet some servers compress, and many respond in a regional charset.
Bodies are converted once, here, so that storing, showing, searching and masking all use the same text.
"""

import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable

MAX_CODINGS = 4
"""Layers of compression that are removed. More than this is not a real response."""

MAX_MEMBERS = 16
"""Concatenated gzip members that are read as one file."""

_GZIP = b"\x1f\x8b"
_SNIFFED_BYTES = 1024
"""The beginning of a body in which HTML and XML declare their charset."""

_BOMS = ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']", re.IGNORECASE)
_HTML = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]+)", re.IGNORECASE)
_TEXT_TYPE = re.compile(
    r"\s*(?:$|text/|application/(?:[\w.+-]*\+)?(?:json|xml|javascript|x-www-form-urlencoded)\b)", re.I
)
_SHIFTS = re.compile(rb"[\x00\x1b]")
"""Found in bytes that are all ASCII, these mean UTF-16 or a charset with escape sequences."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

_PYTHON_NAMES = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 x-unicode20utf8",
    "utf-16-le": "utf-16 utf-16le utf16 unicode ucs-2 iso-10646-ucs-2 csunicode unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
    "utf-32": "utf-32",
    "cp1252": "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 cp819 ibm819 "
    "iso-ir-100 csisolatin1 ascii us-ascii ansi_x3.4-1968 ansi",
    "cp1250": "windows-1250 cp1250 x-cp1250",
    "cp1251": "windows-1251 cp1251 x-cp1251",
    "cp1253": "windows-1253 cp1253 x-cp1253",
    "cp1254": "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5",
    "cp1255": "windows-1255 cp1255 x-cp1255",
    "cp1256": "windows-1256 cp1256 x-cp1256",
    "cp1257": "windows-1257 cp1257 x-cp1257",
    "cp1258": "windows-1258 cp1258 x-cp1258",
    "iso8859-2": "iso-8859-2 iso8859-2 iso88592 iso_8859-2 latin2 l2 csisolatin2",
    "iso8859-3": "iso-8859-3 iso8859-3 latin3 l3",
    "iso8859-4": "iso-8859-4 iso8859-4 latin4 l4",
    "iso8859-5": "iso-8859-5 iso8859-5 cyrillic",
    "iso8859-6": "iso-8859-6 iso8859-6 arabic asmo-708 ecma-114",
    "iso8859-7": "iso-8859-7 iso8859-7 greek greek8 elot_928",
    "iso8859-8": "iso-8859-8 iso8859-8 iso-8859-8-i hebrew visual logical",
    "iso8859-10": "iso-8859-10 iso8859-10 latin6 l6",
    "iso8859-13": "iso-8859-13 iso8859-13",
    "iso8859-14": "iso-8859-14 iso8859-14",
    "iso8859-15": "iso-8859-15 iso8859-15 iso885915 latin9 latin-9 l9",
    "iso8859-16": "iso-8859-16 iso8859-16",
    "cp874": "windows-874 tis-620 iso-8859-11 iso8859-11 dos-874",
    "cp866": "ibm866 cp866 866 csibm866",
    "cp437": "cp437 ibm437",
    "cp850": "cp850 ibm850",
    "koi8-r": "koi8-r koi8 koi8_r koi cskoi8r",
    "koi8-u": "koi8-u koi8-ru",
    "mac-roman": "macintosh mac x-mac-roman csmacintosh",
    "mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gb18030": "gb18030 gbk x-gbk gb2312 gb_2312 gb_2312-80 csgb2312 chinese cp936 euc-cn iso-ir-58",
    "hz": "hz-gb-2312 hz",
    "big5hkscs": "big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950",
    "cp932": "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j ms932 csshiftjis cp932",
    "euc_jp": "euc-jp eucjp x-euc-jp cseucpkdfmtjapanese",
    "iso2022_jp": "iso-2022-jp csiso2022jp",
    "cp949": "euc-kr euckr korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 cseuckr cp949 uhc",
}
_CHARSETS = {label: python for python, labels in _PYTHON_NAMES.items() for label in labels.split()}
"""Python's codec for each label that browsers know, and some more. Only these, because Python also has codecs that are
not charsets, and some of them decompress."""


def as_text(
    body: bytes, *, content_type: str, codings: Iterable[str], complete: bool, max_bytes: int
) -> tuple[bytes, bool]:
    """At most ``max_bytes`` of ``body`` as UTF-8 text, and whether there is more.

    ``codings`` are those of Content-Encoding, in the order they were applied; ``complete`` means that ``body`` was not
    cut off. A body that is not text, or not in the format it claims, is returned unchanged.
    """
    plain, more = _decompressed(body, [coding for coding in codings if coding != "identity"], max_bytes)
    more = more or not complete
    if plain.isascii() and not _SHIFTS.search(plain) and "hz" not in content_type.lower():
        return plain[:max_bytes], more or len(plain) > max_bytes
    text = _decoded(plain, content_type, more)
    if text is None:
        return plain[:max_bytes], more or len(plain) > max_bytes
    kept = text.encode("utf-8", "replace")
    if len(kept) > max_bytes:
        return kept[:max_bytes].decode("utf-8", "ignore").encode(), True
    return kept, more


def _decompressed(body: bytes, codings: list[str], max_bytes: int) -> tuple[bytes, bool]:
    """The decompressed body, and whether there is more. The same object if nothing was decompressed."""
    if not body or len(codings) > MAX_CODINGS:
        return body, False
    more = False
    for coding in reversed(codings):
        match coding:
            case "gzip" | "x-gzip":
                unpacked = _unpacked(body, 16 + zlib.MAX_WBITS, max_bytes)
            case "deflate":
                # The standard says zlib format; many servers send raw deflate.
                unpacked = _unpacked(body, zlib.MAX_WBITS, max_bytes) or _unpacked(body, -zlib.MAX_WBITS, max_bytes)
            case _:
                return body, more
        if unpacked is None:  # claims to be compressed but is not
            return body, more
        body, cut = unpacked
        more = more or cut
    return body, more


def _unpacked(body: bytes, window: int, max_bytes: int) -> tuple[bytes, bool] | None:
    """At most ``max_bytes`` of decompressed data, and whether there is more; ``None`` if nothing can be decompressed.

    The limit holds while decompressing, so that a small body cannot expand without bound.
    """
    unpacked = b""
    for _ in range(MAX_MEMBERS):
        unpacking = zlib.decompressobj(window)
        try:
            unpacked += unpacking.decompress(body, max_bytes + 1 - len(unpacked))
        except zlib.error:  # damaged in the middle: keep what comes before
            unpacked += _readable_part(body, window, max_bytes + 1 - len(unpacked))
            return (unpacked[:max_bytes], True) if unpacked else None
        if len(unpacked) > max_bytes:
            return unpacked[:max_bytes], True
        if not unpacking.eof:
            return unpacked, True
        body = unpacking.unused_data
        if window <= zlib.MAX_WBITS or not body.startswith(_GZIP):
            return unpacked, False
    return unpacked, True


def _readable_part(body: bytes, window: int, max_bytes: int) -> bytes:
    """What can be decompressed before the first damaged byte.

    A failed step returns nothing, so large steps are followed by steps of one byte.
    """
    unpacking, unpacked, at = zlib.decompressobj(window), b"", 0
    for step in (1024, 1):
        while at < len(body) and len(unpacked) < max_bytes:
            before = unpacking.copy() if step > 1 else unpacking
            try:
                unpacked += unpacking.decompress(body[at : at + step], max_bytes - len(unpacked))
            except zlib.error:
                unpacking = before
                break
            at += step
    return unpacked


def _decoded(body: bytes, content_type: str, more: bool) -> str | None:
    """The body as text; ``None`` if it is not text."""
    for bom, python in _BOMS:
        if body.startswith(bom):
            return _read(body[len(bom) :], python, more)
    declared = _CHARSET.search(content_type)
    known = _CHARSETS.get(declared[1].lower()) if declared else None
    if known and known != "utf-8":
        return _read(body, known, more)
    try:
        return _read(body, "utf-8", more, errors="strict")
    except UnicodeDecodeError:
        if known:
            return None
    if not _TEXT_TYPE.match(content_type):
        return None
    start = body[:_SNIFFED_BYTES]  # readable as ASCII, so it is not UTF-16
    if (said := _XML.match(start) or _HTML.search(start)) and (known := _CHARSETS.get(said[1].decode().lower())):
        return _read(body, known, more)
    return None if _BINARY.search(body) else _read(body, "cp1252", more)  # the browsers' default


def _read(body: bytes, python: str, more: bool, errors: str = "replace") -> str:
    """The decoded text. If more follows, an incomplete character at the end is dropped."""
    return getincrementaldecoder(python)(errors).decode(body, final=not more)
