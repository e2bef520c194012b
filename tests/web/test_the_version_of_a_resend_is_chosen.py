"""A resend, a replay and a re-run say which version of the code they will run, and offer the others."""

import asyncio
import re
from dataclasses import replace
from typing import Any

from entries import Entry, kept_endpoint, tried
from form import path_of, text_of
from site_under_test import Site

from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import VersionId, mint
from server.domain.messages import AttemptError, AttemptOutcome, Delivery, DeliveryState
from server.domain.replays import Replay
from server.domain.transformations import FailureKind
from server.domain.versions import Version
from server.store import attempts, deliveries, endpoints, replays, versions


def code(number: int) -> str:
    return f"function handler(webhook) {{ webhook.payload = {{ ran: {number} }}; return webhook; }}"


class Shop:
    """An endpoint that captures, with versions 1, 2 and 3, of which 3 is active."""

    def __init__(self, site: Site, endpoint: Endpoint, known: list[Version]) -> None:
        self.site, self.endpoint, self.known = site, endpoint, known
        self.at = f"/test/endpoints/{endpoint.id}"

    @classmethod
    async def opened(cls, site: Site, **changes: Any) -> "Shop":
        endpoint = await kept_endpoint(site, code(1), destination=Destination.CAPTURE, **changes)
        assert endpoint.version
        known, made = [endpoint.version], []
        for number, note in ((2, "sends the total"), (3, "")):
            made.append(Version(mint(VersionId), endpoint.id, 0, code(number), site.services.now(), note=note))
        known += [await site.services.store.write(lambda tx, one=one: versions.insert(tx, one)) for one in made]  # type: ignore[misc]
        shop = cls(site, replace(endpoint, version=known[-1]), known)
        await shop.changed()
        return shop

    async def changed(self, **changes: Any) -> None:
        self.endpoint = replace(self.endpoint, **changes)
        await self.site.services.store.write(lambda tx: endpoints.change(tx, self.endpoint))

    async def tried(self, state: DeliveryState = DeliveryState.FAILED, version: int = 1, **attempt: Any) -> Entry:
        return await tried(self.site, self.endpoint, state, version_id=self.known[version - 1].id, **attempt)

    async def parked(self, count: int = 1) -> list[Entry]:
        error = AttemptError(FailureKind.THREW, "boom", line=12, column=3, source_line="throw 1")
        outcome = AttemptOutcome.TRANSFORM_FAILED
        return [
            await self.tried(DeliveryState.TRANSFORM_FAILED, 2, outcome=outcome, error=error, request=None)
            for _ in range(count)
        ]

    async def resent(self, entry: Entry, **form: str) -> Any:
        return await self.site.post(f"/deliveries/{entry.delivery.id}/resend", form)

    async def delivery(self, entry: Entry) -> Delivery:
        found = await self.site.services.store.read(lambda tx: deliveries.get(tx, entry.delivery.id))
        assert found
        return found

    async def ran(self, entry: Entry, count: int = 2) -> list[int]:
        """The numbers of the versions that the attempts ran, oldest first, once there are ``count``."""
        numbers = {version.id: version.number for version in self.known}
        async with asyncio.timeout(10):
            while True:
                made = await self.site.services.store.read(lambda tx: attempts.of_message(tx, entry.message.id))
                if len(made) >= count:
                    return [numbers[each.version_id] if each.version_id else 0 for each in made][::-1]
                await asyncio.sleep(0.02)

    async def page(self, entry: Entry) -> str:
        return (await self.site.get(f"/messages/{entry.message.id}")).text

    async def run(self) -> Replay:
        """The latest replay, once it has ended."""
        async with asyncio.timeout(10):
            while True:
                [(found, _), *_] = await self.site.services.store.read(lambda tx: replays.history(tx, self.endpoint.id))
                if found.ended_at:
                    return found
                await asyncio.sleep(0.02)


def fields(page: str, marker: str) -> dict[str, Any]:
    """The hidden fields of the form that begins with ``marker``."""
    form = page[page.rindex(marker) :]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("</form>")]):
        found.setdefault(name, []).append(value)
    return found


def options(page: str) -> list[tuple[str, str]]:
    return re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)</option>', page[page.index('name="version"') :])


async def test_the_message_says_which_version_a_resend_runs_and_offers_the_others(site: Site) -> None:
    shop = await Shop.opened(site)
    entry = await shop.tried()
    page = await shop.page(entry)
    assert "Resend with v3" in text_of(page)
    assert options(page) == [(shop.known[1].id, "v2: sends the total"), (shop.known[0].id, "v1")]

    assert path_of(await shop.resent(entry, version=shop.known[1].id)) == f"/test/messages/{entry.message.id}"
    assert await shop.ran(entry) == [1, 2]
    await shop.resent(entry, active_version=shop.known[2].id)
    assert await shop.ran(entry, 3) == [1, 2, 3]
    assert (await shop.delivery(entry)).version_id is None


async def test_a_waiting_delivery_says_which_version_was_chosen_for_it(site: Site) -> None:
    shop = await Shop.opened(site, paused=True)
    await shop.changed(paused=False)
    entry = await shop.tried()
    await shop.changed(paused=True)
    await shop.resent(entry, version=shop.known[0].id)
    page = await shop.page(entry)
    assert "Will run v1 , as chosen." in text_of(page)
    await shop.resent(entry)
    assert "as chosen" not in await shop.page(entry)


async def test_nobody_resends_with_another_version_than_the_page_said(site: Site) -> None:
    shop = await Shop.opened(site)
    entry = await shop.tried()
    page = await shop.page(entry)
    assert f'<input type="hidden" name="active_version" value="{shop.known[2].id}">' in page
    await shop.changed(version=shop.known[1])
    answer = await shop.resent(entry, active_version=shop.known[2].id)
    assert answer.status_code == 422
    assert "Version 2 became active after you opened this page." in text_of(answer.text)
    assert "Resend with v2" in text_of(answer.text)
    await shop.changed(transforming=False)
    answer = await shop.resent(entry, active_version=shop.known[1].id)
    assert "The transformation was disabled after you opened this page." in text_of(answer.text)
    assert "Resend without code" in text_of(answer.text)
    assert (await shop.delivery(entry)).state is DeliveryState.FAILED


async def test_a_version_of_another_endpoint_is_refused(site: Site) -> None:
    shop, other = await Shop.opened(site), await Shop.opened(site)
    entry = await shop.tried()
    for version_id in (other.known[0].id, "ver_0", "'; --", "x" * 10_000):
        answer = await shop.resent(entry, version=version_id)
        assert answer.status_code == 422
        assert "This version does not exist." in text_of(answer.text)
        form = {"kind": "failed", "since": "all", "version": version_id}
        answer = await site.post(f"/endpoints/{shop.endpoint.id}/replays", form)
        assert answer.status_code == 422
        assert "This version does not exist." in text_of(answer.text)
        answer = await site.get(f"/endpoints/{shop.endpoint.id}/replays/new", params=form | {"count": "on"})
        assert answer.status_code == 422
    assert (await shop.delivery(entry)).state is DeliveryState.FAILED


async def test_a_chosen_version_runs_while_the_transformation_is_off(site: Site) -> None:
    shop = await Shop.opened(site)
    await shop.changed(transforming=False)
    entry = await shop.tried()
    page = await shop.page(entry)
    assert "Resend without code" in text_of(page)
    assert [text for _, text in options(page)] == ["v3", "v2: sends the total", "v1"]
    await shop.resent(entry, version=shop.known[2].id)
    assert await shop.ran(entry) == [1, 3]
    await shop.resent(entry, active_version="")
    assert await shop.ran(entry, 3) == [1, 3, 0]


async def test_an_endpoint_without_code_just_resends(site: Site) -> None:
    endpoint = await kept_endpoint(site, destination=Destination.CAPTURE)
    entry = await tried(site, endpoint)
    page = (await site.get(f"/messages/{entry.message.id}")).text
    assert "Resend" in text_of(page) and "Resend with" not in text_of(page)
    assert (await site.post(f"/deliveries/{entry.delivery.id}/resend", {"active_version": ""})).status_code == 303


async def log_of_attempts(site: Site) -> str:
    """The log of attempts with the column of versions."""
    await site.post("/logs/columns", {"view": "attempts", "column": ["type", "version"]})
    return (await site.get("/logs?view=attempts")).text


async def test_attempts_lead_to_the_line_of_their_version(site: Site) -> None:
    shop = await Shop.opened(site)
    [entry] = await shop.parked()
    link = f'href="{shop.at}/versions/{shop.known[1].id}#L12">v2:12</a>'
    assert (await shop.page(entry)).count(link) == 2
    assert link in (await log_of_attempts(site))
    assert link in (await site.get(f"/endpoints/{shop.endpoint.id}")).text
    await shop.resent(entry)
    await shop.ran(entry)
    assert f'href="{shop.at}/versions/{shop.known[2].id}">v3</a>' in (await site.get("/inspector")).text


async def test_the_attempts_of_a_deleted_endpoint_name_their_version_and_lead_nowhere(site: Site) -> None:
    shop = await Shop.opened(site)
    [entry] = await shop.parked()
    await site.post(f"/endpoints/{shop.endpoint.id}/delete")
    for page in (await shop.page(entry), await log_of_attempts(site)):
        assert "v2" in text_of(page)
        assert "/versions/" not in page and "/resend" not in page
    answer = await shop.resent(entry, version=shop.known[0].id)
    assert answer.status_code == 422
    assert "The endpoint of this delivery was deleted." in text_of(answer.text)


async def test_a_replay_says_which_version_it_runs_and_runs_the_chosen_one(site: Site) -> None:
    shop = await Shop.opened(site)
    entry = await shop.tried()
    form = {"kind": "failed", "since": "all"}
    page = (await site.get(f"/endpoints/{shop.endpoint.id}/replays/new", params=form)).text
    assert [text for _, text in options(page)] == ["v3, the active version", "v2: sends the total", "v1"]

    form["count"] = "on"
    page = (await site.get(f"/endpoints/{shop.endpoint.id}/replays/new", params=form)).text
    assert "Runs v3 , the active version" in text_of(page)
    assert fields(page, '<form class="actions end" method="post"')["active_version"] == [shop.known[2].id]
    page = (
        await site.get(f"/endpoints/{shop.endpoint.id}/replays/new", params=form | {"version": shop.known[0].id})
    ).text
    assert "Runs v1 , as chosen" in text_of(page)
    assert f'<option value="{shop.known[0].id}" selected>' in page
    await shop.changed(version=shop.known[1])  # what is active does not matter to who chose
    answer = await site.post(
        f"/endpoints/{shop.endpoint.id}/replays", fields(page, '<form class="actions end" method="post"')
    )
    assert path_of(answer) == f"{shop.at}/replays"
    assert await shop.ran(entry) == [1, 1]
    run = await shop.run()
    assert (run.pinned, run.version_id) == (True, shop.known[0].id)
    said = text_of((await site.get(f"/endpoints/{shop.endpoint.id}/replays")).text)
    assert "v1 as chosen" in said


async def test_nobody_replays_with_another_version_than_the_preview_said(site: Site) -> None:
    shop = await Shop.opened(site)
    entry = await shop.tried()
    params = {"kind": "failed", "since": "all", "count": "on"}
    page = (await site.get(f"/endpoints/{shop.endpoint.id}/replays/new", params=params)).text
    await shop.changed(version=shop.known[1])
    form = fields(page, '<form class="actions end" method="post"')
    answer = await site.post(f"/endpoints/{shop.endpoint.id}/replays", form)
    assert answer.status_code == 422
    assert "Version 2 became active after you opened this page." in text_of(answer.text)
    assert (await shop.delivery(entry)).state is DeliveryState.FAILED


async def test_parked_deliveries_are_re_run_with_the_active_or_the_chosen_version(site: Site) -> None:
    shop = await Shop.opened(site)
    first, second = await shop.parked(2)
    page = (await site.get(f"/endpoints/{shop.endpoint.id}/replays/new?kind=parked")).text
    assert "Runs v3 , the active version" in text_of(page)
    chosen = f"/endpoints/{shop.endpoint.id}/replays/new?kind=parked&count=on&version={shop.known[0].id}"
    page = (await site.get(chosen)).text
    form = fields(page, '<form class="actions end" method="post"')
    assert (form["version"], "active_version" in form) == ([shop.known[0].id], False)
    await site.post(f"/endpoints/{shop.endpoint.id}/replays", form)
    assert (await shop.ran(first), await shop.ran(second)) == ([2, 1], [2, 1])
    assert (await shop.run()).selection.kind == "parked"


async def test_all_of_it_is_said_in_chinese(site: Site) -> None:
    shop = await Shop.opened(site)
    entry = await shop.tried()
    site.client.headers["accept-language"] = "zh-CN"
    assert "用 v3 重新发送" in text_of(await shop.page(entry))
