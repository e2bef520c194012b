"""An entry in ``OPERATIONAL_EVENTS`` is all that pages, settings, mails and the webhook need of one."""

import json

import pytest
from builders import an_endpoint
from form import text_of
from receivers import OK, receiving
from site_under_test import Site

from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import (
    MAX_KEY_CHARACTERS,
    OPERATIONAL_EVENTS,
    OperationalEventType,
    Severity,
    register,
)
from server.domain.operational_events import Occurrence
from server.domain.sentences import say
from server.store import Store, Transaction, endpoints, operational_events, options, schema

HOUR_MS = 3_600_000


@pytest.fixture
def tested(monkeypatch: pytest.MonkeyPatch) -> OperationalEventType:
    event = OperationalEventType(
        key="endpoint.painted",
        title=say("Endpoint painted"),
        description=say("Somebody painted an endpoint."),
        severity=Severity.GOOD,
        wording=lambda detail, count: say("Painted {colour}, {count} times.", colour=detail["colour"], count=count),
        counted_together_ms=HOUR_MS,
        wording_when_none_parked=lambda detail, count: say("Nothing of {colour} is parked.", colour=detail["colour"]),
    )
    monkeypatch.setitem(OPERATIONAL_EVENTS, event.key, event)
    return event


async def test_a_new_entry_is_on_every_surface(
    loopback_site: Site, tested: OperationalEventType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.delivery.notifier.WATCH_SECONDS", 0.02)
    site, box = loopback_site, loopback_site.app.state.box
    endpoint = an_endpoint(site.source, description="Shed")
    settings = text_of((await site.get("/settings")).text)
    assert "Endpoint painted Somebody painted an endpoint." in settings

    async with receiving(OK) as hook:
        ticked = {"kinds": [tested.key], "addresses": "ada@example.com", "webhook_url": hook.url()}
        assert (await site.post("/settings/alerts", ticked)).status_code == 303

        def painted(tx: Transaction) -> None:
            endpoints.insert(tx, endpoint)
            for colour in ("red", "green"):
                at = site.services.now()
                operational_events.add(
                    tx, Occurrence(tested, site.source.id, endpoint.id, at, detail={"colour": colour})
                )

        await site.services.store.write(painted)
        while not (box.got and hook.got):
            await site.get("/notices/unseen")

    [mail], [posted] = box.got, hook.got
    assert mail["subject"] == "[Hookbench Test] Endpoint painted: Shed"
    assert "Painted green, 2 times." in mail.get_content()
    body = json.loads(posted.body)
    assert (body["type"], body["data"]["title"], body["data"]["text"]) == (
        "endpoint.painted",
        "Endpoint painted",
        "Painted green, 2 times.",
    )
    for path in ("/notices", f"/endpoints/{endpoint.id}"):
        page = (await site.get(path)).text
        assert '<span class="badge good">' in page
        assert "Endpoint painted" in page and "Nothing of green is parked." in page


async def test_one_that_nobody_was_offered_goes_by_its_own_default(
    each_store: Store, tested: OperationalEventType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(OPERATIONAL_EVENTS, tested.key)
    chosen = NotificationSettings(kinds=frozenset({"endpoint.disabled"}), addresses=("ada@example.com",))
    await each_store.write(lambda tx: options.set_alerts(tx, chosen, 1))
    assert await each_store.read(options.alerts) == chosen

    monkeypatch.setitem(OPERATIONAL_EVENTS, tested.key, tested)
    assert (await each_store.read(options.alerts)).kinds == {"endpoint.disabled", tested.key}

    await each_store.write(lambda tx: options.set_alerts(tx, chosen, 2))
    assert await each_store.read(options.alerts) == chosen, "it was offered by now, and not ticked"


def test_a_key_fits_its_column_and_is_given_once(tested: OperationalEventType) -> None:
    assert schema.notices.c.kind.type.length == MAX_KEY_CHARACTERS
    with pytest.raises(ValueError, match=r"endpoint\.painted"):
        register(tested)
