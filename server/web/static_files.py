"""Serves the static files, compressed."""

import asyncio
import re
from functools import partial
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.web.compression import FILE_LEVEL, MIN_BYTES, accepts, packed
from server.web.static_addresses import StaticAddresses

TEXTS = (".css", ".js", ".svg", ".txt")
"""Fonts are compressed already."""
_COMMENT_LINE = re.compile(rb"^[ \t]*//.*$", re.MULTILINE)
_CSS_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)
_BY_SUM = re.compile(rb"v=[0-9a-f]{16,64}")


class Static(StaticFiles):
    """Static files. What is asked for by its sum is kept for good: with another content it has another address.

    The sum is that of all files (``/static/v-…/``, see ``static_addresses.py``) or, for large ones that an upgrade
    seldom changes, the file's own (``?v=…``). With any other address, browsers revalidate the file on each use and get
    a body only when it changed.
    Texts are sent in gzip and without comments, and vendored scripts in the Brotli that their build put beside them
    (``.js.br``). Both are made or read when they are first asked for, and kept in memory: about 1 MB for all files.
    """

    def __init__(self, addresses: StaticAddresses) -> None:
        super().__init__(directory=addresses.folder)
        self._addresses = addresses
        self._folder = addresses.folder
        self._packed: dict[tuple[str, str], tuple[str, bytes]] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        by_sum, path = self._addresses.split(path)
        response = await super().get_response(path, scope)
        by_sum = by_sum or bool(_BY_SUM.fullmatch(scope["query_string"]))
        response.headers["cache-control"] = "max-age=31536000, immutable" if by_sum else "no-cache"
        if path.endswith(TEXTS):
            response.headers["vary"] = "Accept-Encoding"
            if isinstance(response, FileResponse) and (encoding := self._encoding(path, response, scope)):
                return await self._in(encoding, path, response)
        return response

    def _encoding(self, path: str, plain: FileResponse, scope: Scope) -> str:
        in_part = any(name == b"range" for name, _ in scope["headers"])
        if in_part or int(plain.headers["content-length"]) < MIN_BYTES:
            return ""
        if accepts(scope, "br") and self._beside(path).is_file():
            return "br"
        return "gzip" if accepts(scope, "gzip") else ""

    def _beside(self, path: str) -> Path:
        return self._folder / f"{path}.br"

    async def _in(self, encoding: str, path: str, plain: FileResponse) -> Response:
        tag = plain.headers["etag"]
        known, body = self._packed.get((encoding, path), ("", b""))
        if known != tag:
            read = self._beside(path).read_bytes if encoding == "br" else partial(_packed_file, Path(plain.path))
            body = await asyncio.to_thread(read)
            self._packed[encoding, path] = (tag, body)
        headers = {name: plain.headers[name] for name in ("content-type", "cache-control", "vary")}
        # Weak, since it also names the file as it is. Browsers that send it back get a 304.
        return Response(body, headers={**headers, "etag": f"W/{tag}", "content-encoding": encoding})


def _packed_file(file: Path) -> bytes:
    return packed(without_comments(file.name, file.read_bytes()), FILE_LEVEL)


def without_comments(name: str, data: bytes) -> bytes:
    """A script or style without its comments, a sixth of it. Lines keep their numbers.

    Of a script only lines that are nothing but a comment; a test parses each script to see that they are comments.
    """
    if name.endswith(".css"):
        return _CSS_COMMENT.sub(lambda comment: b"\n" * comment[0].count(b"\n"), data)
    return _COMMENT_LINE.sub(b"", data) if name.endswith(".js") else data
