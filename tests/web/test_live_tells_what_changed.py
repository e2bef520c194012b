"""Open pages hear which of their topics changed, over a real connection, until the session or the server ends."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from builders import a_message
from entries import arrived, capturing_endpoint
from form import text_of
from site_under_test import Site

from server.delivery import feed
from server.delivery.feed import Changed, Noticed
from server.domain.ids import EndpointId, MessageId
from server.store import sources
from server.web import live
from server.web.visit import SESSION_COOKIE


@pytest.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in client that speaks to the application over a socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(site.app, lifespan="off", log_config=None, ws="none"))
    serving = asyncio.create_task(server.serve([listening]))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    cookies = {SESSION_COOKIE: site.client.cookies[SESSION_COOKIE]}
    async with httpx.AsyncClient(base_url=address, cookies=cookies, trust_env=False) as client:
        yield client
    site.services.feed.close()
    server.should_exit = True
    await serving


@asynccontextmanager
async def listening(browser: httpx.AsyncClient, *topics: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream, once it is open; comments begin with a colon, data with ``data: ``."""
    async with asyncio.timeout(20), browser.stream("GET", "/test/changes", params={"topic": topics}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = (line async for line in answer.aiter_lines() if line)
        assert await anext(lines) == ": open"
        yield lines


async def test_an_event_that_arrives_is_told_to_the_pages_that_show_it(site: Site, browser: Any) -> None:
    shop = await capturing_endpoint(site)

    async with listening(browser, f"source:{site.source.id}", f"endpoint:{shop.id}", "message:msg_other") as lines:
        message = await arrived(site)
        assert await anext(lines) == f"data: endpoint:{shop.id} source:{site.source.id}"

    assert message.id in (await site.get("/logs")).text
    assert "Captured" in text_of((await site.get("/logs?view=attempts")).text)


async def test_a_page_hears_nothing_of_what_it_does_not_show(site: Site, browser: Any) -> None:
    mine, others = a_message(site.source), a_message(site.source)

    async with listening(browser, f"message:{mine.id}") as lines:
        site.services.feed.publish(Changed(site.source.id, others.id))
        site.services.feed.publish(Changed(site.source.id, mine.id, EndpointId("ep_1")))
        assert await anext(lines) == f"data: message:{mine.id}"


async def test_a_stream_tells_of_its_own_source_alone(site: Site, browser: Any) -> None:
    live = next(each for each in await site.services.store.read(sources.every) if each.id != site.source.id)

    async with listening(browser, f"source:{live.id}", f"notices:{live.id}", "message:msg_1") as lines:
        site.services.feed.publish(Changed(live.id, MessageId("msg_1")))
        site.services.feed.publish(Noticed(live.id))
        site.services.feed.publish(Changed(site.source.id, MessageId("msg_1")))
        assert await anext(lines) == "data: message:msg_1"


async def test_many_changes_are_told_at_once(site: Site, browser: Any) -> None:
    async with listening(browser, f"source:{site.source.id}") as lines:
        for _ in range(500):
            site.services.feed.publish(Changed(site.source.id, a_message(site.source).id))
        assert await anext(lines) == f"data: source:{site.source.id}"
        site.services.feed.close()
        assert [line async for line in lines] == []


async def test_a_quiet_stream_shows_that_it_lives(site: Site, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)

    async with listening(browser, f"source:{site.source.id}") as lines:
        assert await anext(lines) == ": still here"


async def test_a_stream_ends_with_its_session(site: Site, browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)

    async with listening(browser, f"source:{site.source.id}") as lines:
        await site.post("/logout")
        assert [line async for line in lines if line.startswith("data")] == []


async def test_a_stream_ends_when_the_server_stops(site: Site, browser: Any) -> None:
    async with listening(browser, f"source:{site.source.id}") as lines:
        site.services.feed.close()
        assert [line async for line in lines] == []


async def test_a_page_that_is_closed_leaves_no_stream(site: Site, browser: Any) -> None:
    async with listening(browser, "message:msg_1"):
        assert site.services.feed.readers == 1

    async with asyncio.timeout(10):
        while site.services.feed.readers:
            await asyncio.sleep(0.01)


async def test_the_oldest_of_a_session_makes_way_and_its_page_does_not_come_back_at_once(
    site: Site, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MAX_WATCHERS_OF_ONE", 1)

    async with listening(browser, "message:msg_1") as first, listening(browser, "message:msg_1") as second:
        assert [line async for line in first] == ["event: replaced", "data: "]
        site.services.feed.publish(Changed(site.source.id, MessageId("msg_1")))
        assert await anext(second) == "data: message:msg_1"


async def test_streams_are_for_those_who_are_signed_in(browser: Any) -> None:
    browser.cookies.clear()

    answer = await browser.get("/test/changes?topic=source:src_1", headers={"accept": "text/event-stream"})

    assert answer.status_code == 303
