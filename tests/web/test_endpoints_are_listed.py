"""The list of endpoints: search, filters, order and pages are in the address; actions on several ask first."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from builders import NOW, a_message, an_endpoint
from entries import tried
from form import text_of
from site_under_test import Site
from sqlalchemy import event

from server.domain.endpoints import Destination, Endpoint
from server.domain.health import Health
from server.domain.messages import AttemptOutcome, DeliveryState
from server.store import Transaction, endpoints, messages
from server.web import endpoint_list


async def stored(site: Site, *names: str, **changes: object) -> list[Endpoint]:
    found = [
        an_endpoint(site.source, name=name, url=f"https://{name.lower()}.example/hook", **changes) for name in names
    ]
    await site.services.store.write(lambda tx: [endpoints.insert(tx, each) for each in found])
    return found


async def listed(site: Site, query: str = "") -> list[str]:
    page = (await site.get(f"/endpoints{query}")).text
    return re.findall(r'class="row-link" href="[^"]*"><strong>([^<]*)</strong>', page)


async def test_it_is_searched_by_name_address_and_card(site: Site) -> None:
    await stored(site, "Shop", "Books")
    await stored(site, "Mails", card="customer_io")
    assert await listed(site) == ["Books", "Mails", "Shop"]
    assert await listed(site, "?q=sho") == ["Shop"]
    assert await listed(site, "?q=books.example") == ["Books"]
    assert await listed(site, "?q=customer.io") == ["Mails"]
    assert await listed(site, "?card=customer_io") == ["Mails"]
    assert "No endpoints match these filters." in text_of((await site.get("/endpoints?q=nowhere")).text)


async def test_it_is_filtered_by_state(site: Site) -> None:
    await stored(site, "Off", disabled=True)
    await stored(site, "Waits", paused=True)
    await stored(site, "Kept", destination=Destination.CAPTURE)
    assert await listed(site, "?state=disabled") == ["Off"]
    assert await listed(site, "?state=paused") == ["Waits"]
    assert await listed(site, "?state=enabled") == ["Kept"]
    assert await listed(site, "?state=capture") == ["Kept"]
    assert len(await listed(site, "?state=nonsense")) == 3


async def test_a_failing_endpoint_is_not_called_enabled_and_says_what_waits(each_site: Site) -> None:
    site = each_site
    [dead] = await stored(site, "Dead", health=Health(first_failure_at=NOW, last_failure_at=NOW + 60_000))
    await stored(site, "Hiccup", health=Health(first_failure_at=NOW, last_failure_at=NOW + 59_000))
    await tried(site, dead, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    assert await listed(site, "?state=failing") == ["Dead"]
    assert await listed(site, "?state=enabled") == ["Hiccup"]
    row = text_of((await site.get("/endpoints?state=failing")).text.partition("<tbody>")[2])
    assert "Failing 1 delivery waiting" in row and "Enabled" not in row
    assert "Failing" in text_of((await site.get(f"/endpoints/{dead.id}/head")).text)


async def test_each_column_sorts_it_both_ways(each_site: Site) -> None:
    site = each_site
    good, bad, new = await stored(site, "Good", "Bad", "New")
    for _ in range(2):
        await tried(site, good, DeliveryState.SUCCEEDED, outcome=AttemptOutcome.SUCCEEDED)
    await tried(site, bad, DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED)

    assert await listed(site, "?sort=name") == ["Bad", "Good", "New"]
    assert await listed(site, "?sort=-name") == ["New", "Good", "Bad"]
    assert await listed(site, "?sort=-last") == ["Bad", "Good", "New"]
    assert await listed(site, "?sort=last") == ["New", "Good", "Bad"]
    for column in ("card", "state", "errors", "activity"):
        assert sorted(await listed(site, f"?sort={column}")) == ["Bad", "Good", "New"]
    page = (await site.get("/endpoints?sort=-last&q=o")).text
    assert 'aria-sort="descending"' in page
    assert 'href="/test/endpoints?q=o&amp;sort=last"' in page
    assert new.name == "New"


async def test_fifty_are_on_a_page_and_the_address_names_it(site: Site) -> None:
    await stored(site, *(f"E{number:03}" for number in range(60)))
    assert len(await listed(site)) == 50
    assert await listed(site, "?page=2") == [f"E{number:03}" for number in range(50, 60)]
    assert await listed(site, "?page=99") == await listed(site, "?page=2")
    page = text_of((await site.get("/endpoints?page=2")).text)
    assert "51–60 of 60" in page
    partial = {"hx-request": "true", "hx-request-type": "partial"}
    answer = await site.get("/endpoints?q=&state=&sort=name&page=2", headers=partial)
    assert answer.headers["hx-replace-url"] == "/test/endpoints?page=2"


async def test_an_action_on_several_names_them_before_it_is_done(site: Site) -> None:
    one, two, other = await stored(site, "One", "Two", "Other")
    for action, changed in (("pause", True), ("resume", False)):
        asked = await site.post("/endpoints/bulk", {"action": action, "ids": [one.id, two.id], "back": "sort=-name"})
        assert "One" in text_of(asked.text) and "Two" in text_of(asked.text) and "Other" not in text_of(asked.text)
        answer = await site.post(
            "/endpoints/bulk", {"action": action, "ids": [one.id, two.id], "back": "sort=-name", "confirmed": "yes"}
        )
        assert answer.headers["location"] == f"/test/endpoints?sort=-name&said=endpoints-{action}d"
        now = await site.services.store.read(lambda tx: endpoints.by_ids(tx, [one.id, two.id, other.id]))
        assert [now[each.id].paused for each in (one, two, other)] == [changed, changed, False]


async def test_several_are_deleted_and_undone_together(site: Site) -> None:
    one, two = await stored(site, "One", "Two")
    await site.services.store.batch(messages.receive, a_message(site.source))
    asked = text_of((await site.post("/endpoints/bulk", {"action": "delete", "ids": [one.id, two.id]})).text)
    assert "Delete 2 endpoints?" in asked
    answer = await site.post("/endpoints/bulk", {"action": "delete", "ids": [one.id, two.id], "confirmed": "yes"})
    assert await listed(site) == []
    undone = re.findall(r'name="ids" value="([^"]*)"', (await site.client.get(answer.headers["location"])).text)
    assert undone == [one.id, two.id]
    await site.post("/endpoints/deleted/restore", {"ids": undone})
    assert await listed(site) == ["One", "Two"]


async def test_endpoints_that_were_left_out_are_said(site: Site) -> None:
    waits, idle, off = await stored(site, "Waits", "Idle", "Off")
    for each in (waits, off):
        await tried(site, each, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    await site.services.store.write(lambda tx: endpoints.change(tx, replace(off, disabled=True)))

    async def said(*chosen: Endpoint, action: str = "retry") -> str:
        form = {"action": action, "ids": [each.id for each in chosen], "confirmed": "yes"}
        answer = await site.post("/endpoints/bulk", form)
        return text_of((await site.client.get(answer.headers["location"])).text)

    retrying = "Retrying what waits for a retry at these endpoints."
    refused = "Endpoints that cannot retry now: 1. They are disabled, damaged, or have another replay."
    assert f"{retrying} Endpoints where nothing waits: 1. {refused}" in await said(waits, idle, off)
    assert f"Nothing was done. {refused}" in await said(off)
    assert "No delivery is waiting for a retry at these endpoints." in await said(idle)


async def test_an_endpoint_that_was_deleted_meanwhile_is_not_done(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = await stored(site, "One", "Two")
    chosen = await site.services.store.read(lambda tx: endpoints.by_ids(tx, [one.id, two.id]))
    await site.post(f"/endpoints/{two.id}/delete")
    monkeypatch.setattr(endpoint_list.endpoints, "by_ids", lambda tx, ids: {each: chosen[each] for each in ids})
    for action, done in (("pause", "paused"), ("delete", "deleted")):
        answer = await site.post("/endpoints/bulk", {"action": action, "ids": [one.id, two.id], "confirmed": "yes"})
        assert f"said=endpoint-{done}.gone-1" in answer.headers["location"]
    answer = await site.post("/endpoints/bulk", {"action": "delete", "ids": two.id, "confirmed": "yes"})
    assert "said=nothing-done.gone-1" in answer.headers["location"]


@pytest.mark.parametrize("form", [{}, {"action": "delete"}, {"action": "nonsense", "ids": "ep_1"}])
async def test_nothing_chosen_is_said(site: Site, form: dict[str, str]) -> None:
    await stored(site, "One")
    answer = await site.post("/endpoints/bulk", form)
    assert answer.status_code == 422
    said = '<p role="alert">Select at least one endpoint.</p>'
    assert answer.text.index(said) < answer.text.index('id="endpoints" data-live')  # which refreshes itself at once


async def test_an_endpoint_of_another_source_is_not_chosen(site: Site) -> None:
    [one] = await stored(site, "One")
    await site.client.post("/live/endpoints/bulk", data={"action": "delete", "ids": one.id, "confirmed": "yes"})
    assert await listed(site) == ["One"]


async def test_no_statement_is_made_for_each_endpoint_of_the_list(site: Site) -> None:
    made: Counter[str] = Counter()

    def watch(tx: Transaction) -> None:
        event.listen(tx.engine, "before_cursor_execute", lambda *call: made.update([call[2]]))

    await stored(site, *(f"E{number}" for number in range(60)))
    await site.services.store.read(watch)
    for sort in ("-errors", "-last", "name"):
        await site.get(f"/endpoints?sort={sort}")
    statement, most = made.most_common(1)[0]
    assert most < 30, statement  # the three pages, and what runs in the background meanwhile
