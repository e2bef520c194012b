"""Reading a form within bounds."""

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_FIELDS = 1000
MAX_FIELD_BYTES = 2 * 1024 * 1024
MOST_BYTES = 3 * 1024 * 1024
MOST_SECONDS = 60.0
MULTIPART = "multipart/"


class Form:
    """The text fields of a posted form. A field may occur several times."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The field's last value with white space at both ends removed."""
        return self.raw(name, default).strip()

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


def own_path(address: str) -> str | None:
    """A path of ours with its query, without the flash code of the page before; ``None`` for anything else.

    ``//host`` and ``/\\host`` name other hosts, and browsers drop tabs and line breaks from an address.
    """
    if not re.fullmatch(r"/(?![/\\])[!-~]*", address):
        return None
    parts = urlsplit(address)
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query, True) if name != "said"])
    return f"{parts.path}?{query}" if query else parts.path


async def read(request: Request) -> Form:
    """The posted form. One that is too large is answered with 413, one that comes too slowly with 408.

    No page of ours has a form for files, and a multipart body names the codec that reads it: some take minutes.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MOST_BYTES:
        raise HTTPException(413)
    if request.headers.get("content-type", "").strip().lower().startswith(MULTIPART):
        raise HTTPException(415)
    try:
        async with asyncio.timeout(MOST_SECONDS):
            form = await request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    except TimeoutError:
        raise HTTPException(408) from None
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or "\0" in value:  # PostgreSQL refuses to keep NUL, and nobody types one
            raise HTTPException(400)
        fields.setdefault(name, []).append(value)
    return Form(fields)
