"""A Hookbench that is not set up yet, and a client for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from quick_start import quick_app
from site_under_test import in_test

from server.settings import Settings

NAME, PASSWORD = "ada", "correct horse battery"


class Newcomer(httpx.AsyncClient):
    """A client for the running application ``app``. A path without a source gets the prefix ``/test``."""

    app: FastAPI

    async def request(self, method: str, url: Any, **options: Any) -> httpx.Response:
        return await super().request(method, in_test(url) if isinstance(url, str) else url, **options)

    async def sets_up(self, **changes: str) -> httpx.Response:
        """Submit the set-up form that the printed link opens."""
        token = self.app.state.setup.token if self.app.state.setup else ""
        form = {"token": token, "name": NAME, "password": PASSWORD, "repeated": PASSWORD}
        return await self.post("/setup", data=form | changes)

    async def signs_in(self, **changes: str) -> httpx.Response:
        return await self.post("/login", data={"name": NAME, "password": PASSWORD, "next": ""} | changes)

    def another(self, address: str = "203.0.113.7") -> "Newcomer":
        """A second client, without cookies, at another IP address."""
        return browser(self.app, address)


def browser(app: FastAPI, address: str = "127.0.0.1") -> Newcomer:
    made = Newcomer(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50000)),
        base_url="http://hookbench.test",
        headers={"accept": "text/html", "sec-fetch-site": "same-origin"},
    )
    made.app = app
    return made


@asynccontextmanager
async def newcomer(folder: Path, **settings: str) -> AsyncIterator[Newcomer]:
    app = quick_app(Settings(data=folder / "data", allowed_hosts=("hookbench.test",), **settings))  # type: ignore[arg-type]
    async with app.router.lifespan_context(app), browser(app) as client:
        yield client
