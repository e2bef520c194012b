"""Reading a form within bounds."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_FIELDS = 1000
MAX_FIELD_BYTES = 2 * 1024 * 1024
MOST_BYTES = 3 * 1024 * 1024


class Form:
    """The text fields of a posted form. A field may occur several times; files are ignored."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = fields

    def text(self, name: str, default: str = "") -> str:
        """The field's last value with white space at both ends removed."""
        return self.raw(name, default).strip()

    def raw(self, name: str, default: str = "") -> str:
        """The field's last value as it was typed."""
        values = self._fields.get(name)
        return values[-1] if values else default

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
    """The posted form. One that is too large is answered with 413."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MOST_BYTES:
        raise HTTPException(413)
    fields: dict[str, list[str]] = {}
    async with request.form(max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                fields.setdefault(name, []).append(value)
    return Form(fields)
