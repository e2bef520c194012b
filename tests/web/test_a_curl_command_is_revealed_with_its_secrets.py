"""Copy as cURL masks secrets. With the password the command is shown with them, as they are now."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from entries import arrived, kept_endpoint
from form import text_of
from newcomer import PASSWORD, Newcomer, newcomer
from site_under_test import Site

from server.domain.endpoints import Destination, Endpoint
from server.domain.messages import Attempt, Message
from server.store import attempts, audit, endpoints, sources

KEY = "header-secret-0001"
TOKEN = "variable-secret-0002"
CODE = """
function handler(webhook) {
  webhook.headers["X-Token"] = webhook.env.TOKEN;
  webhook.payload = {token: webhook.env.TOKEN, at: AT};
  return webhook;
}
"""
VALUES: dict[str, Any] = {
    "destination": Destination.CAPTURE,
    "url": "https://hooks.zapier.com/hooks/catch/1234/zapier-secret/",
    "headers": {"X-Api-Key": KEY},
    "variables": {"TOKEN": TOKEN},
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def browser(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Newcomer]:
    database = request.getfixturevalue("postgres_migrated") if request.param == "postgresql" else ""
    async with newcomer(tmp_path, database=database) as made:
        yield made


async def owner(browser: Newcomer) -> Site:
    assert (await browser.sets_up()).status_code == 303
    services = browser.app.state.services
    return Site(browser, services, (await services.store.read(sources.every))[0], browser.app)


async def captured(site: Site, code: str) -> tuple[Endpoint, Message, Attempt]:
    """An event that the worker delivered to an endpoint that captures."""
    endpoint = await kept_endpoint(site, code, **VALUES)
    message = await arrived(site)

    async def found() -> list[Attempt]:
        return await site.services.store.read(lambda tx: attempts.of_message(tx, message.id))

    async with asyncio.timeout(20):
        while not (tried := await found()):
            await asyncio.sleep(0.02)
    return endpoint, message, tried[0]


def commands(page: str) -> str:
    return html.unescape(re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.S)[0])


async def test_the_command_has_the_secrets_for_the_password(browser: Newcomer) -> None:
    site = await owner(browser)
    endpoint, message, attempt = await captured(site, CODE.replace("AT", "1"))
    what = f"attempt/{attempt.id}/curl"
    page = (await site.get(f"/messages/{message.id}")).text
    assert f'href="/test/reveal?what={what}"' in page and KEY not in page and TOKEN not in page
    asked = await site.get(f"/reveal?what={what}")
    assert asked.status_code == 200 and KEY not in asked.text and TOKEN not in asked.text
    wrong = await site.post("/reveal", {"what": what, "password": "wrong password"})
    assert wrong.status_code == 422 and KEY not in wrong.text

    shown = await site.post("/reveal", {"what": what, "password": PASSWORD})
    command = commands(shown.text)
    assert f"X-Api-Key: {KEY}" in command and f"X-Token: {TOKEN}" in command
    assert f'{{"token":"{TOKEN}","at":1}}' in command and VALUES["url"] in command
    assert "<secret>" not in command and "••••" not in command
    assert "were changed" not in shown.text and shown.headers["cache-control"] == "no-store"
    told = await site.services.store.read(lambda tx: audit.page(tx, endpoint.id))
    assert told[0].action == "secret_revealed" and told[0].details == {"what": f"curl/{attempt.id}"}
    trail = (await site.get(f"/endpoints/{endpoint.id}/audit")).text
    assert "cURL command with the secrets" in text_of(trail) and KEY not in trail


async def test_it_says_that_the_secrets_are_not_those_of_the_attempt(browser: Newcomer) -> None:
    site = await owner(browser)
    endpoint, _, attempt = await captured(site, CODE.replace("AT", "Math.random()"))
    form = {
        "headers_key": ["X-Api-Key"], "headers_value": ["header-secret-0009"], "headers_was": ["X-Api-Key"],
        "variables_key": ["TOKEN"], "variables_value": [""], "variables_was": ["TOKEN"],
    }  # fmt: skip
    assert (await site.post(f"/endpoints/{endpoint.id}/advanced", form)).status_code == 303
    shown = await site.post("/reveal", {"what": f"attempt/{attempt.id}/curl", "password": PASSWORD})
    command, text = commands(shown.text), text_of(shown.text)
    assert "X-Api-Key: header-secret-0009" in command and f"X-Token: {TOKEN}" in command
    assert "were changed after this attempt" in text
    assert '"token":"<secret>"' in command, "the code makes another body each time"
    assert "Put in the secret yourself where it says <secret>" in text


@pytest.mark.parametrize(
    "other", ["https://new.example/hook", "http://hooks.zapier.com/hooks", "https://hooks.zapier.com:444/"]
)
async def test_secrets_of_now_are_not_put_beside_another_server(browser: Newcomer, other: str) -> None:
    site = await owner(browser)
    endpoint, _, attempt = await captured(site, CODE.replace("AT", "1"))
    moved = replace(endpoint, url=other, headers={"X-Api-Key": "header-secret-0009"})
    await site.services.store.write(lambda tx: endpoints.change(tx, moved))
    shown = await site.post("/reveal", {"what": f"attempt/{attempt.id}/curl", "password": PASSWORD})
    command = commands(shown.text)
    assert "https://hooks.zapier.com/" in command and "<secret>" in command
    assert "header-secret-0009" not in command and TOKEN not in command and other not in command


async def test_a_command_of_what_is_gone_is_not_found(browser: Newcomer) -> None:
    site = await owner(browser)
    endpoint, _, attempt = await captured(site, CODE.replace("AT", "1"))
    for what in ("attempt/att_x/curl", f"attempt/{attempt.id}/url", f"attempt/{attempt.id}/curl/x", "attempt//curl"):
        assert (await site.get("/reveal", params={"what": what})).status_code == 404
    await site.post(f"/endpoints/{endpoint.id}/delete")
    assert (await site.get("/reveal", params={"what": f"attempt/{attempt.id}/curl"})).status_code == 404


async def test_no_log_line_has_a_secret(browser: Newcomer, capfd: pytest.CaptureFixture[str]) -> None:
    site = await owner(browser)
    _, _, attempt = await captured(site, CODE.replace("AT", "1"))
    await site.post("/reveal", {"what": f"attempt/{attempt.id}/curl", "password": PASSWORD})
    printed = "".join(capfd.readouterr())
    assert "secret.revealed" in printed and KEY not in printed and TOKEN not in printed
