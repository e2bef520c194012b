"""The running application, with the methods that tests use."""

from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from server.actions.services import Services
from server.domain.sources import Source
from server.web.old_addresses import PLACES


def in_test(path: str) -> str:
    """The path with ``/test`` in front if it is a page of a source but names no source; otherwise the path itself."""
    return f"/test{path}" if path.split("/")[1].partition("?")[0] in (*PLACES, "changes") else path


@dataclass
class Site:
    """``get`` and ``post`` send requests as a browser does; ``services`` gives access to what is behind the pages."""

    client: httpx.AsyncClient
    services: Services
    source: Source
    """The source that the pages show: Test."""
    app: FastAPI

    async def get(self, path: str, **options: object) -> httpx.Response:
        return await self.client.get(in_test(path), **options)  # type: ignore[arg-type]

    async def post(self, path: str, form: object = None, **options: object) -> httpx.Response:
        return await self.client.post(in_test(path), data=form or {}, **options)  # type: ignore[arg-type]
