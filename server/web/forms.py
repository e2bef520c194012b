"""Reads posted forms within limits of size, number of fields and time."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote_to_bytes, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from server.delivery.memory_budget import MemoryBudget, OverBudget
from server.domain.pasted import trimmed

MULTIPART = "multipart/"
MAX_STAMP = 64
MAX_PARTS = 10
"""Parts of a form with a file; the rest are ignored."""
MAX_ADDRESS = 2048
"""Characters of a return address in a form or a link."""
LARGE = 64 * 1024
"""Bytes; a form at least as large is decoded in a thread, so that it does not block the event loop."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one form."""

    max_bytes: int
    max_fields: int
    seconds: float
    """For the whole form to arrive."""


MEMBERS = Limits(max_bytes=3 * 1024 * 1024, max_fields=1000, seconds=60.0)
STRANGERS = Limits(max_bytes=16 * 1024, max_fields=100, seconds=15.0)

ROOM = MemoryBudget(24 * 1024 * 1024)
"""Shared by all forms that this process is still receiving."""


class Form:
    """The fields of a posted form, as text. A field may occur several times."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The field's last value, without white space and invisible characters at either end."""
        return trimmed(self.raw(name, default))

    def raw(self, name: str, default: str = "") -> str:
        """The field's last value exactly as it was sent."""
        values = self.fields.get(name)
        return values[-1] if values else default

    def optional(self, name: str) -> str | None:
        """As ``text``; ``None`` when the form has no such field."""
        return self.text(name) if self.has(name) else None

    def every(self, name: str) -> list[str]:
        return list(self.fields.get(name, ()))

    def starting(self, prefix: str) -> dict[str, str]:
        """As ``text``, of every field whose name starts with the prefix, by the rest of its name."""
        return {name.removeprefix(prefix): self.text(name) for name in self.fields if name.startswith(prefix)}

    def path(self, name: str, default: str) -> str:
        """The field if it is an address of our pages, else ``default``: a form must not redirect to another site."""
        return own_path(self.raw(name)) or default

    def has(self, name: str) -> bool:
        return name in self.fields

    def switch(self, name: str, *, default: bool) -> bool:
        """Whether a ``ui.switch`` is on; ``default`` when the form has none of that name."""
        return self.text(name) == "on" if self.has(name) else default


def seen(form: Form) -> str:
    """The stamp of the form when it was opened; the current stamp when the person chose to overwrite."""
    return (form.text("overwrite") or form.text("seen"))[:MAX_STAMP]


def own_path(address: str) -> str | None:
    """The address if it is a path of ours, with its query but without the flash code; ``None`` for anything else.

    ``//host`` and ``/\\host`` name other hosts, and browsers drop tabs and line breaks from an address.
    """
    if len(address) > MAX_ADDRESS or not re.fullmatch(r"/(?![/\\])[!-~]*", address):
        return None
    parts = urlsplit(address)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query, True) if name != "said"])
    return f"{parts.path}?{query}" if query else parts.path


def address_in(header: str | None) -> SplitResult | None:
    """The parts of the address in a header, such as ``Referer``; ``None`` when there is none or it cannot be read."""
    try:
        return urlsplit(header) if header else None
    except ValueError:
        return None


async def read(request: Request, signed_in: bool = True) -> Form:
    """The posted form; the same one when it is read again.

    Raises ``HTTPException``: 413 when it is too large, 408 when it arrives too slowly, 415 when it is multipart, 503
    when unfinished forms use up their memory, 400 when a value contains NUL.

    ``signed_in``: whether the route requires a session; without one the smaller ``STRANGERS`` limits apply.
    Multipart is refused, because such a body names its codec, some of which take minutes; see ``read_file``.
    """
    known: Form | None = getattr(request.state, "form", None)
    if known is not None:
        return known
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
    fields = _fields(body) if len(body) < LARGE else await asyncio.to_thread(_fields, body)
    request.state.form = form = Form(fields)
    return form


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A form with one file."""

    content: bytes
    """Empty when no file was chosen."""
    fields: Mapping[str, str]
    """The form's other fields, each at most ``MAX_STAMP`` characters."""


async def read_file(request: Request, name: str, max_bytes: int) -> PostedFile:
    """The file of the field ``name`` in a posted multipart form; the same one when it is read again.

    Raises ``HTTPException`` as ``read`` does. The parts are only split: no header of a part names a codec or a path
    that is used.
    """
    known: PostedFile | None = getattr(request.state, "file", None)
    if known is not None:
        return known
    found = re.fullmatch(
        r'multipart/form-data;\s*boundary="?([!-~]{1,100}?)"?', request.headers.get("content-type", "")
    )
    if found is None:
        raise HTTPException(415)
    limit = max_bytes + LARGE
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise HTTPException(413)
    try:
        async with asyncio.timeout(MEMBERS.seconds):
            body = await _body(request, limit)
    except TimeoutError:
        raise HTTPException(408) from None
    except OverBudget:
        raise HTTPException(503) from None
    content, fields = b"", {}
    for part in (b"\r\n" + body).split(b"\r\n--" + found[1].encode("ascii"))[1:MAX_PARTS]:
        head, _, value = part.partition(b"\r\n\r\n")
        named = re.search(rb'[; ]name="([a-z_]{1,40})"', head[:2000])
        if named and named[1] == name.encode("ascii"):
            content = value
        elif named:
            fields[named[1].decode("ascii")] = value.decode("utf-8", "replace")[:MAX_STAMP]
    request.state.file = posted = PostedFile(content, fields)
    return posted


async def _body(request: Request, limit: int) -> bytes:
    """The body of a form. Raises ``OverBudget`` when all unfinished forms together exceed their memory budget."""
    received = bytearray()
    with ROOM.hold() as held:
        async for piece in request.stream():
            held.grow(len(piece))
            received += piece
            if len(received) > limit:
                raise HTTPException(413)
    return bytes(received)


def _fields(body: bytes) -> dict[str, list[str]]:
    """Decode a URL-encoded body: field name → its values in order."""
    fields: dict[str, list[str]] = {}
    for pair in body.split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            text = _decoded(value)
            if "\0" in text:  # PostgreSQL cannot store NUL, and nobody types one
                raise HTTPException(400)
            fields.setdefault(_decoded(name), []).append(text)
    return fields


def _decoded(encoded: bytes) -> str:
    return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8", "replace")
