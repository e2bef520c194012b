"""Right after a start, a page waits until its templates are ready. What is not a page does not."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from quick_start import quick_app

from server.settings import Settings
from server.web import render


async def test_a_page_waits_and_the_health_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    monkeypatch.setattr(render, "prepare", lambda is_stopped: goes_on.wait(10))
    app = quick_app(Settings(data=tmp_path / "data", allowed_hosts=("hookbench.test",)))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hookbench.test") as client:
            page = asyncio.create_task(client.get("/login"))
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/static/favicon.svg")).status_code == 200
            assert not page.done()
            goes_on.set()
            assert (await page).status_code < 400


async def test_a_stop_does_not_wait_for_templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()

    def prepare(is_stopped: Callable[[], bool]) -> None:
        while not is_stopped():
            stopped.wait(0.01)
        stopped.set()

    monkeypatch.setattr(render, "prepare", prepare)
    app = quick_app(Settings(data=tmp_path / "data"))
    async with asyncio.timeout(10), app.router.lifespan_context(app):
        pass
    assert stopped.is_set()
