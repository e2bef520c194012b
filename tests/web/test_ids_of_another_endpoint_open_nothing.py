"""Pages about an endpoint's code take the ids of that endpoint only; a damaged endpoint is no error of theirs."""

from typing import Any

import pytest
from builders import a_message
from entries import kept_endpoint
from site_under_test import Site
from sqlalchemy import select, update

from server.domain.backtests import Backtest, EventSelection
from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import BacktestId, CodeDraftId, ShadowId, TestCaseId, VersionId, mint
from server.domain.messages import Message, Trigger
from server.domain.shadows import Shadow
from server.domain.test_case_files import load
from server.domain.test_cases import TestCase
from server.domain.versions import CodeDraft, Version
from server.store import (
    Transaction,
    backtests,
    drafts,
    endpoints,
    messages,
    replays,
    shadows,
    sources,
    test_cases,
    versions,
)
from server.store.changes import endpoint_changed
from server.store.schema import deliveries as delivery_table
from server.store.schema import endpoints as endpoint_table

CODE = "function handler(webhook) { return webhook; }"
SECRET = "canary-4711"
CASE = (
    '{"name": "a", "event_type": "payment.succeeded", "payload": {"canary-4711": 1},'
    ' "expect": {"assertions": [{"cancelled": true}]}}'
)


class Shop:
    """An endpoint with one of everything, of which each names the canary."""

    def __init__(self, endpoint: Endpoint, message: Message) -> None:
        self.endpoint, self.message = endpoint, message
        of = endpoint.id
        self.version = Version(mint(VersionId), of, 0, f"// {SECRET}\n{CODE}", 1)
        self.draft = CodeDraft(mint(CodeDraftId), of, 0, f"// {SECRET} draft\n{CODE}", None, True, None, "ada", 1)
        self.case: TestCase = load(CASE, id=mint(TestCaseId))
        active = endpoint.version.id if endpoint.version else None
        self.backtest = Backtest(
            mint(BacktestId), of, self.draft.id, None, active, EventSelection(5, 0, 9**15), "ada", 1, updated_at=1
        )
        self.shadow = Shadow(mint(ShadowId), of, self.version.id, active, 9**15, "ada", 1, updated_at=1)

    def keep(self, tx: Transaction) -> None:
        messages.receive(tx, [self.message])
        self.version = versions.insert(tx, self.version)
        self.draft = drafts.save(tx, self.draft)
        test_cases.insert(tx, self.endpoint.id, [self.case], "ada", 1)
        backtests.insert(tx, self.backtest)
        backtests.ask_to_stop(tx, self.backtest.id, 2)
        shadows.insert(tx, self.shadow)
        waits = {"trigger": Trigger.RETRY.value, "due_at": 9**15}
        tx.execute(update(delivery_table).where(delivery_table.c.endpoint_id == self.endpoint.id).values(waits))


async def a_shop(site: Site, source: Any = None) -> Shop:
    code = f"// {SECRET}\n{CODE}" if source else CODE
    endpoint = await kept_endpoint(
        site, code, destination=Destination.CAPTURE, **({"source_id": source.id} if source else {})
    )
    message = a_message(source or site.source, body=f'{{"{SECRET}": 1}}'.encode(), received_at=site.services.now())
    shop = Shop(endpoint, message)
    await site.services.store.write(shop.keep)
    return shop


def addresses(at: str, shop: Shop) -> tuple[list[str], list[tuple[str, dict[str, str]]]]:
    """What can be asked of the endpoint at ``at`` with the ids of ``shop``: addresses to get, and forms to post."""
    seen = [
        f"{at}/versions/{shop.version.id}",
        f"{at}/history/compare?before={shop.version.id}&after={shop.version.id}",
        f"{at}/history/compare?before={shop.draft.id}&after={shop.draft.id}",
        f"{at}/history?activation={shop.version.id}",
        f"{at}/cases/{shop.case.id}",
        f"{at}/cases/{shop.case.id}/update",
        f"{at}/cases/new?message={shop.message.id}",
        f"{at}/transformation?message={shop.message.id}",
        f"{at}/backtests/{shop.backtest.id}",
        f"{at}/backtests/{shop.backtest.id}/events/{shop.message.id}",
        f"{at}/backtests?code={shop.version.id}",
        f"{at}/shadow/{shop.shadow.id}",
        f"{at}/shadow/{shop.shadow.id}/events/{shop.message.id}",
        f"{at}/shadow?code={shop.version.id}",
        f"{at}/replays/new?version={shop.version.id}",
        f"{at}/waiting",
    ]
    posted = [
        (f"{at}/versions/{shop.version.id}/restore", {}),
        (f"{at}/versions/{shop.version.id}/roll-back", {}),
        (f"{at}/drafts/{shop.draft.id}/restore", {}),
        (f"{at}/transformation/activate", {"draft": shop.draft.id}),
        (f"{at}/transformation", {"code": CODE + "//x", "base": shop.draft.id, "merge": "on"}),
        (f"{at}/cases/{shop.case.id}", {"name": "b"}),
        (f"{at}/cases/{shop.case.id}/update", {"expect": '{"assertions": [{"cancelled": true}]}'}),
        (f"{at}/cases/{shop.case.id}/delete", {}),
        (f"{at}/backtests", {"code": shop.version.id, "most": "5"}),
        (f"{at}/backtests/{shop.backtest.id}/stop", {}),
        (f"{at}/shadow", {"code": shop.version.id, "duration": "1h"}),
        (f"{at}/shadow/{shop.shadow.id}/promote", {}),
        (f"{at}/shadow/{shop.shadow.id}/drop", {}),
        (f"{at}/retry-waiting", {"rate": "5"}),
    ]
    return seen, posted


async def state(site: Site, shop: Shop) -> object:
    def read(tx: Transaction) -> object:
        of = shop.endpoint.id
        return (
            endpoints.get(tx, of),
            versions.history(tx, of),
            [each.id for each in drafts.revisions(tx, of)],
            test_cases.of_endpoint(tx, of),
            [(each.id, each.state) for each in backtests.history(tx, of)],
            [(each.id, each.state) for each in shadows.history(tx, of)],
            [run.id for run, _ in replays.history(tx, of)],
            tx.execute(select(delivery_table.c.due_at).where(delivery_table.c.endpoint_id == of)).scalars().all(),
        )

    return await site.services.store.read(read)


@pytest.mark.parametrize("of_another_source", [False, True])
async def test_ids_of_another_endpoint_open_and_change_nothing(each_site: Site, of_another_source: bool) -> None:
    site = each_site
    every = await site.services.store.read(sources.every)
    other_source = next(each for each in every if each.id != site.source.id) if of_another_source else None
    theirs = await a_shop(site, other_source)
    mine = await kept_endpoint(site, CODE, destination=Destination.CAPTURE)
    before = await state(site, theirs)
    seen, posted = addresses(f"/endpoints/{mine.id}", theirs)
    for address in seen:
        page = await site.get(address)
        assert page.status_code < 500, address
        own_message = not of_another_source and "message=" in address
        assert own_message or SECRET not in page.text, address
    for address, form in posted:
        page = await site.post(address, form)
        assert page.status_code < 500, address
        assert SECRET not in page.text, address
    assert await state(site, theirs) == before
    if other_source:
        for address in addresses(f"/endpoints/{theirs.endpoint.id}", theirs)[0]:
            page = await site.get(address)
            assert page.status_code in (303, 404), address
            assert SECRET not in page.text
        page = await site.post(f"/endpoints/{theirs.endpoint.id}/retry-waiting", {"rate": "5"})
        assert page.status_code in (303, 404)
        assert await state(site, theirs) == before


async def test_an_endpoint_that_cannot_be_read_is_no_error_of_its_pages(each_site: Site) -> None:
    site = each_site
    shop = await a_shop(site)

    def damage(tx: Transaction) -> None:
        values = {"variables": "damaged", "credentials": "damaged"}
        tx.execute(update(endpoint_table).where(endpoint_table.c.id == shop.endpoint.id).values(values))
        endpoint_changed(tx, shop.endpoint.id)

    await site.services.store.write(damage)
    at = f"/endpoints/{shop.endpoint.id}"
    seen, posted = addresses(at, shop)
    rest = ("transformation", "transformation/activate", "history", "cases", "coverage", "coverage.json", "types.d.ts")
    for address in [*seen, *(f"{at}/{each}" for each in rest)]:
        assert (await site.get(address)).status_code < 500, address
    for address, form in posted:
        assert (await site.post(address, form)).status_code < 500, address
