"""Reading a form within bounds."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.delivery.memory_budget import MemoryBudget, OverBudget
from server.domain.pasted import trimmed

MULTIPART = "multipart/"
MAX_STAMP = 64
MAX_ADDRESS = 2048
"""Characters of an address of ours that a form or a link may lead back to."""
LARGE = 64 * 1024
"""Bytes of a form from which on it is decoded beside the event loop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one form may be."""

    max_bytes: int
    max_fields: int
    seconds: float
    """For the whole of it to arrive."""


MEMBERS = Limits(max_bytes=3 * 1024 * 1024, max_fields=1000, seconds=60.0)
STRANGERS = Limits(max_bytes=16 * 1024, max_fields=100, seconds=15.0)

ROOM = MemoryBudget(24 * 1024 * 1024)
"""For all forms of this process that have begun to come and are not whole."""


class Form:
    """The text fields of a posted form. A field may occur several times."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The field's last value, without white space and invisible characters at both ends."""
        return trimmed(self.raw(name, default))

    def raw(self, name: str, default: str = "") -> str:
        """The field's last value as it was typed."""
        values = self._fields.get(name)
        return values[-1] if values else default

    def optional(self, name: str) -> str | None:
        """As ``text``; ``None`` when the form has no such field."""
        return self.text(name) if self.has(name) else None

    def every(self, name: str) -> list[str]:
        return list(self._fields.get(name, ()))

    def path(self, name: str, default: str) -> str:
        """The field as an address of our own pages; ``default`` for any other: a form must not lead elsewhere."""
        return own_path(self.raw(name)) or default

    def has(self, name: str) -> bool:
        return name in self._fields

    def switch(self, name: str, *, default: bool) -> bool:
        """A ``ui.switch`` that says when it is off; ``default`` when the form has none of that name."""
        return self.text(name) == "on" if self.has(name) else default


def seen(form: Form) -> str:
    """The stamp of what the form showed when it was opened; of what there is now, when that is to be overwritten."""
    return (form.text("overwrite") or form.text("seen"))[:MAX_STAMP]


def own_path(address: str) -> str | None:
    """A path of ours with its query, without the flash code of the page before; ``None`` for anything else.

    ``//host`` and ``/\\host`` name other hosts, and browsers drop tabs and line breaks from an address.
    """
    if len(address) > MAX_ADDRESS or not re.fullmatch(r"/(?![/\\])[!-~]*", address):
        return None
    parts = urlsplit(address)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query, True) if name != "said"])
    return f"{parts.path}?{query}" if query else parts.path


async def read(request: Request, signed_in: bool = True) -> Form:
    """The posted form. One that is too large is answered with 413, one that comes too slowly with 408.

    ``signed_in``: whether the route was reached with a session; strangers get the smaller ``STRANGERS`` limits.
    No page of ours has a form for files, and a multipart body names the codec that reads it: some take minutes.
    """
    limits = MEMBERS if signed_in else STRANGERS
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limits.max_bytes:
        raise HTTPException(413)
    if request.headers.get("content-type", "").strip().lower().startswith(MULTIPART):
        raise HTTPException(415)
    try:
        async with asyncio.timeout(limits.seconds):
            body = await _body(request, limits.max_bytes)
    except TimeoutError:
        raise HTTPException(408) from None
    except OverBudget:
        raise HTTPException(503) from None
    if body.count(b"&") >= limits.max_fields:
        raise HTTPException(413)
    if len(body) < LARGE:
        return Form(_fields(body))
    return Form(await asyncio.to_thread(_fields, body))


async def _body(request: Request, limit: int) -> bytes:
    """The body of a form, held within the memory that all unfinished forms have together."""
    received = bytearray()
    with ROOM.hold() as held:
        async for piece in request.stream():
            held.grow(len(piece))
            received += piece
            if len(received) > limit:
                raise HTTPException(413)
    return bytes(received)


def _fields(body: bytes) -> dict[str, list[str]]:
    """The fields by name, each with its values in order, as a browser encodes them."""
    fields: dict[str, list[str]] = {}
    for pair in body.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            text = _decoded(value)
            if "\0" in text:  # PostgreSQL refuses to keep NUL, and nobody types one
                raise HTTPException(400)
            fields.setdefault(_decoded(name), []).append(text)
    return fields


def _decoded(encoded: bytes) -> str:
    return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8", "replace")
