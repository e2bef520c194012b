"""What a sender, a destination or somebody's code wrote is shown as text and never becomes part of a page."""

import re
from typing import Any

import pytest
from entries import capturing_endpoint, tried
from site_under_test import Site

from server.domain.messages import AttemptError, AttemptOutcome, ConsoleLine, ReceivedResponse, SentRequest

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture
async def entry(site: Site) -> Any:
    body = EVIL.encode()
    return await tried(
        site,
        await capturing_endpoint(site, description=EVIL),
        of={"event_type": EVIL, "webhook_id": EVIL, "body": body},
        outcome=AttemptOutcome.CAPTURED,
        request=SentRequest(EVIL, EVIL, ((EVIL, EVIL),), body),
        response=ReceivedResponse(200, ((EVIL, EVIL),), body, True),
        error=AttemptError(EVIL, EVIL, 1, 1, EVIL),
        console=(ConsoleLine("log", EVIL),),
    )


@pytest.mark.parametrize(
    "path",
    [
        "/test/logs",
        "/test/logs?view=attempts",
        "/test/messages/{message}",
        "/test/inspector",
        "/test/inspector?attempt={attempt}",
        "/test/endpoints",
    ],
)
async def test_it_is_shown_as_text(site: Site, entry: Any, path: str) -> None:
    page = (await site.get(path.format(message=entry.message.id, attempt=entry.attempt.id))).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert_harmless(page)


@pytest.mark.parametrize(
    "name", ["view", "status", "type", "endpoint", "q", "before", "attempt", "version", "currency"]
)
@pytest.mark.parametrize("path", ["/test/logs", "/test/inspector"])
async def test_the_address_is_shown_as_text(site: Site, path: str, name: str) -> None:
    assert_harmless((await site.get(path, params={name: EVIL})).text)


def assert_harmless(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert not re.search(r"<[^>]*\sonerror=", re.sub(r'"[^"]*"', '""', page))
    assert "49" not in re.findall(r"\{\{7\*7\}\}|>49<", page)
