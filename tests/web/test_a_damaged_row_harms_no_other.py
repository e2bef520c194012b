"""A stored value that does not open, or is nonsense, is named on its page, entered again, and harms no other row."""

import asyncio
import time
from typing import Any

import pytest
from builders import SECRET
from entries import arrived, kept_endpoint, tried
from form import text_of
from site_under_test import Site
from sqlalchemy import Table, update

from server.domain.endpoints import Destination, Endpoint
from server.domain.ids import SourceId
from server.domain.messages import Attempt, AttemptOutcome
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import HOOKBENCH_FAULT
from server.domain.signing import sign
from server.domain.sources import IntakeRefusal
from server.store import Transaction, attempts, endpoints, messages, operational_events, options, sources
from server.store.changes import endpoint_changed, source_changed
from server.store.compression import Packed, pack
from server.store.schema import attempts as attempt_table
from server.store.schema import endpoints as endpoint_table
from server.store.schema import messages as message_table
from server.store.schema import options as option_table
from server.store.schema import sources as source_table
from server.store.vault import seal

DAMAGED = "enc:1:damaged"
"""What a damaged ciphertext may look like; its key is not known either."""
TABS = ("", "/testing", "/replays", "/replays/new?kind=bulk", "/advanced", "/edit", "/transformation", "/head")


async def attempted(site: Site, message_id: str, count: int) -> list[Attempt]:
    """The attempts of a message, newest first, once there are so many."""
    deadline = time.monotonic() + 10
    while True:
        made = await site.services.store.read(lambda tx: attempts.of_message(tx, message_id))
        if len(made) >= count:
            return made
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def damage(site: Site, table: Table, row_id: str, **values: Any) -> None:
    def write(tx: Transaction) -> None:
        [key] = table.primary_key
        tx.execute(update(table).where(key == row_id).values(values))
        if table is source_table:
            source_changed(tx, SourceId(row_id))

    await site.services.store.write(write)


async def damage_endpoint(site: Site, endpoint: Endpoint, **values: Any) -> None:
    def write(tx: Transaction) -> None:
        tx.execute(update(endpoint_table).where(endpoint_table.c.id == endpoint.id).values(values))
        endpoint_changed(tx, endpoint.id)

    await site.services.store.write(write)


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


WORDS = {
    "url": "Endpoint URL",
    "credentials": "Credentials",
    "headers": "Custom headers",
    "variables": "Variables",
    "secret": "Signing secret",
    "former_secret": "Old signing secret",
    "event_types": "Subscribed events",
    "conditions": "Filter",
    "schedule": "Retries",
    "destination": "Destination",
    "disabled_because": "Reason for being disabled",
}


async def test_every_page_works_and_says_what_cannot_be_read(each_site: Site) -> None:
    await kept_endpoint(each_site, url="https://good.example/")
    spoiled = {}
    for column in WORDS:
        spoiled[column] = await kept_endpoint(each_site, "const handler = (w) => w;", url="https://bad.example/")
        entry = await tried(each_site, spoiled[column])
        await damage_endpoint(each_site, spoiled[column], **{column: DAMAGED})
    listed = await each_site.get("/endpoints")
    assert listed.status_code == 200
    assert "good.example" in listed.text
    for column, words in WORDS.items():
        said, bad = f"Some settings of this endpoint cannot be read: {words}.", spoiled[column]
        assert said in text_of(listed.text)
        for tab in TABS if column in ("url", "variables", "destination") else ("", "/edit"):
            page = await each_site.get(f"/endpoints/{bad.id}{tab}")
            assert page.status_code == 200, (column, tab)
            assert said in text_of(page.text) or "/new" in tab, (column, tab)
    for address in ("/logs", "/logs?view=attempts", f"/messages/{entry.message.id}", "/notices", "/inspector"):
        assert (await each_site.get(address)).status_code == 200, address


@pytest.mark.parametrize("kept", ['["a list"]', '{"A": 1}', "no json", "null", '{"A": "\\ud800"}'])
async def test_variables_that_open_and_are_no_names_and_values_are_unreadable(site: Site, kept: str) -> None:
    endpoint = await kept_endpoint(site, variables={"A": "b"})

    def write(tx: Transaction) -> None:
        sealed = seal(tx, endpoint_table.c.variables, endpoint.id, kept)
        tx.execute(update(endpoint_table).where(endpoint_table.c.id == endpoint.id).values(variables=sealed))

    await site.services.store.write(write)
    assert (await now(site, endpoint)).unreadable == {"variables"}
    assert (await site.get("/endpoints")).status_code == 200


async def test_a_stored_url_that_is_none_harms_no_page(each_site: Site) -> None:
    for url in ("http://[::1", "no url", "https://", "https://a.example:99999999/x"):
        endpoint = await kept_endpoint(each_site, url=url)
        entry = await tried(each_site, endpoint)
        for tab in ("", "/advanced", "/edit"):
            assert (await each_site.get(f"/endpoints/{endpoint.id}{tab}")).status_code == 200, (url, tab)
        for address in ("/endpoints", "/logs", "/logs?view=attempts", f"/messages/{entry.message.id}"):
            assert (await each_site.get(address)).status_code == 200, (url, address)
        message = await arrived(each_site)
        [attempt] = await attempted(each_site, message.id, 1)
        assert attempt.outcome is AttemptOutcome.BLOCKED, url
        assert (await each_site.post(f"/endpoints/{endpoint.id}/delete")).status_code == 303


@pytest.mark.parametrize("column", ["url", "variables"])
async def test_its_deliveries_are_parked_at_once_and_go_out_once_it_is_entered_again(
    each_site: Site, column: str
) -> None:
    bad = await kept_endpoint(each_site, destination=Destination.CAPTURE, variables={"KEY": "v"})
    good = await kept_endpoint(each_site, destination=Destination.CAPTURE)
    await damage_endpoint(each_site, bad, **{column: DAMAGED})
    message = await arrived(each_site)
    await attempted(each_site, message.id, 2)
    found = await each_site.services.store.read(lambda tx: messages.of_messages(tx, [message.id])[message.id])
    assert {one.endpoint_id: one.shown_state for one in found} == {bad.id: "fault", good.id: "captured"}
    [notice] = await each_site.services.store.read(lambda tx: operational_events.page(tx, each_site.source.id))
    assert notice.type is HOOKBENCH_FAULT
    page = text_of((await each_site.get(f"/messages/{message.id}")).text)
    assert "Some settings of this endpoint cannot be read: " in page
    assert "Enter them again" in page

    delivery = next(one for one in found if one.endpoint_id == bad.id)
    refused = await each_site.post(f"/deliveries/{delivery.id}/resend")
    assert refused.status_code == 422
    assert "Some settings of this endpoint cannot be read" in text_of(refused.text)

    if column == "url":
        form = {"url": "https://again.example/", "destination": "capture", "listen": "all"}
        saved = await each_site.post(f"/endpoints/{bad.id}/edit", form)
    else:
        form = {"schedule": "0s", "variables_key": "KEY", "variables_value": "again", "destination": "capture"}
        saved = await each_site.post(f"/endpoints/{bad.id}/advanced", form)
    assert saved.status_code == 303, saved.text
    assert (await now(each_site, bad)).unreadable == frozenset()
    assert (await each_site.post(f"/deliveries/{delivery.id}/resend")).status_code == 303
    made = await attempted(each_site, message.id, 3)
    assert made[0].outcome is AttemptOutcome.CAPTURED


async def test_another_form_does_not_overwrite_what_cannot_be_read(each_site: Site) -> None:
    endpoint = await kept_endpoint(each_site, destination=Destination.CAPTURE, variables={"KEY": "v"})
    await damage_endpoint(each_site, endpoint, variables=DAMAGED)
    form = {"url": "https://again.example/", "destination": "capture", "listen": "all"}
    assert (await each_site.post(f"/endpoints/{endpoint.id}/edit", form)).status_code == 303
    assert (await each_site.post(f"/endpoints/{endpoint.id}/pause")).status_code == 303
    found = await now(each_site, endpoint)
    assert (found.url, found.unreadable, found.paused) == ("https://again.example/", {"variables"}, True)
    row = await each_site.services.store.read(
        lambda tx: tx.execute(endpoint_table.select().where(endpoint_table.c.id == endpoint.id)).mappings().one()
    )
    assert row["variables"] == DAMAGED


async def test_a_signing_secret_that_cannot_be_read_is_rotated_and_the_endpoint_can_be_deleted(each_site: Site) -> None:
    endpoint = await kept_endpoint(each_site, destination=Destination.CAPTURE)
    await damage_endpoint(each_site, endpoint, secret=DAMAGED, former_secret=DAMAGED, former_secret_until=9**13)
    assert (await each_site.post(f"/endpoints/{endpoint.id}/secret")).status_code == 303
    found = await now(each_site, endpoint)
    assert found.secret.startswith("whsec_")
    assert (found.former_secret, found.unreadable) == (None, frozenset())
    await damage_endpoint(each_site, endpoint, url=DAMAGED)
    assert (await each_site.post(f"/endpoints/{endpoint.id}/delete")).status_code == 303
    assert await each_site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id)) is None


async def sends(site: Site, source: Any, secret: str) -> int:
    body, at = b'{"type":"payment.succeeded","data":{}}', int(time.time())
    webhook_id = f"evt_{time.time_ns()}"
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secret, webhook_id, at, body),
    }
    return (await site.client.post(f"/in/{source.token}", content=body, headers=headers)).status_code


async def test_a_source_whose_secret_cannot_be_read_asks_its_sender_to_come_again(each_site: Site) -> None:
    test, live = await each_site.services.store.read(sources.every)
    for each in (test, live):
        await each_site.services.store.write(lambda tx, each=each: sources.set_secret(tx, each.id, SECRET))
    await damage(each_site, source_table, test.id, secret=DAMAGED)
    assert await sends(each_site, live, SECRET) == 200
    assert await sends(each_site, test, SECRET) == 503
    refused = await each_site.services.store.read(lambda tx: sources.refused(tx, test.id))
    assert refused[IntakeRefusal.UNREADABLE].count == 1
    for address in ("/endpoints", "/logs", "/sources", "/settings"):
        assert (await each_site.get(address)).status_code == 200, address
    page = text_of((await each_site.get("/sources")).text)
    assert "The signing secret of this source cannot be read." in page
    assert "The signing secret of Test cannot be read" in text_of((await each_site.get("/endpoints")).text)
    assert (await each_site.post(f"/sources/{test.id}/secret/stop-former")).status_code == 303  # takes nothing away
    assert (await each_site.services.store.read(sources.every))[0].unreadable
    assert (await each_site.post(f"/sources/{test.id}/secret", {"secret": SECRET})).status_code == 303
    assert await sends(each_site, test, SECRET) == 200


async def test_a_former_secret_that_cannot_be_read_matters_until_its_time_is_over(each_site: Site) -> None:
    [test, _] = await each_site.services.store.read(sources.every)
    other = "whsec_Zm9ybWVyZm9ybWVyZm9ybWVyZm9ybWVy"
    await each_site.services.store.write(lambda tx: sources.set_secret(tx, test.id, SECRET))
    for until, status in ((each_site.services.now() + 60_000, 503), (each_site.services.now() - 60_000, 401)):
        await damage(each_site, source_table, test.id, former_secret=DAMAGED, former_secret_until=until)
        assert await sends(each_site, test, SECRET) == 200
        assert await sends(each_site, test, other) == status


async def test_alert_settings_that_cannot_be_read_are_entered_again(each_site: Site) -> None:
    await each_site.services.store.write(
        lambda tx: options.set_alerts(
            tx, NotificationSettings(webhook_url="https://a.example/"), each_site.services.now()
        )
    )
    await damage(each_site, option_table, options.ALERTS, value=DAMAGED)
    page = await each_site.get("/settings")
    assert page.status_code == 200
    assert "These settings cannot be read, so no notifications are sent." in text_of(page.text)
    saved = await each_site.post(
        "/settings/alerts", {"kinds": ["endpoint.disabled"], "webhook_url": "https://b.example/"}
    )
    assert saved.status_code == 303
    found = await each_site.services.store.read(options.alerts)
    assert (found.webhook_url, found.unreadable) == ("https://b.example/", False)


async def test_browsers_that_cannot_be_read_lock_nobody_out(each_site: Site) -> None:
    await each_site.services.store.write(lambda tx: options.set_known_browsers(tx, [], each_site.services.now()))
    await damage(each_site, option_table, options.KNOWN_BROWSERS, value=DAMAGED)
    assert await each_site.services.store.read(options.known_browsers) == []


async def test_an_attempt_of_which_some_cannot_be_read_is_shown_without_it(each_site: Site) -> None:
    endpoint = await kept_endpoint(each_site)
    for column in ("details", "request_headers", "response_headers", "error", "console", "warnings"):
        entry, other = await tried(each_site, endpoint), await tried(each_site, endpoint)
        damaged = Packed(b"{no json") if column == "details" else "{no json"
        await damage(each_site, attempt_table, entry.attempt.id, **{column: damaged})
        for address in ("/logs", "/logs?view=attempts", f"/messages/{other.message.id}", f"/endpoints/{endpoint.id}"):
            assert (await each_site.get(address)).status_code == 200, address
        page = await each_site.get(f"/messages/{entry.message.id}")
        assert "Part of this attempt's record could not be read" in text_of(page.text), column


async def test_a_message_whose_payload_is_damaged_says_so(each_site: Site) -> None:
    endpoint = await kept_endpoint(each_site)
    entry, other = await tried(each_site, endpoint), await tried(each_site, endpoint)
    frame = pack(b'{"type":"payment.succeeded","data":{"payment_id":"pay_1"}}')
    await damage(each_site, message_table, entry.message.id, body=Packed(frame[:-1]))
    for address in ("/logs", "/logs?view=attempts", f"/messages/{other.message.id}", f"/endpoints/{endpoint.id}"):
        assert (await each_site.get(address)).status_code == 200, address
    page = await each_site.get(f"/messages/{entry.message.id}")
    assert page.status_code == 404
    assert "damaged in the database" in text_of(page.text)


async def test_a_chinese_reader_is_told_in_chinese(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    await damage_endpoint(site, endpoint, url=DAMAGED, variables=DAMAGED)
    message = await arrived(site)
    await attempted(site, message.id, 1)
    chinese = {"accept-language": "zh-CN"}
    for address in (f"/endpoints/{endpoint.id}", f"/messages/{message.id}"):
        text = text_of((await site.get(address, headers=chinese)).text)
        assert "cannot be read" not in text
        assert "端点 URL、变量" in text
