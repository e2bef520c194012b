"""A database from before drafts and activations: what was attempted and parked then keeps its version."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from conftest import visited
from form import text_of
from site_under_test import Site
from sqlalchemy import Connection, create_engine, text

from server.domain.ids import (
    AttemptId,
    DeliveryId,
    EndpointId,
    MessageId,
    Millis,
    ReplayId,
    SourceId,
    VersionId,
    mint,
)
from server.domain.messages import Attempt, AttemptOutcome, DeliveryState
from server.settings import Settings
from server.store import KeyRing, attempts, deliveries, endpoints, replays, versions
from server.store.migrate import config_for
from server.store.vault import VAULT, Vault

BEFORE = "0007"
DAY = 86_400_000
BEGAN: Millis = 1_780_000_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = "https://hooks.example.com/T0/key-in-the-path"
FAILED_AT_LINE_2 = json.dumps(["threw", "TypeError: boom", 2, 9, "  boom()"])


def code(number: int) -> str:
    return f"function handler(webhook) {{\n  webhook.payload = {{ ran: {number} }};\n  return webhook;\n}}"


@dataclass(frozen=True)
class Old:
    """What was in the database."""

    endpoint: EndpointId
    versions: tuple[VersionId, ...]
    """Numbers 1, 2 and 3, saved a day apart. Version 3 is active."""
    parked: tuple[tuple[MessageId, DeliveryId], ...]
    """Deliveries whose attempt ran version 2 and failed at line 2."""
    replay: ReplayId
    """A run that began while version 2 was active."""
    plain: EndpointId
    """An endpoint that never had code."""


def insert(tx: Connection, table: str, **values: Any) -> None:
    """As an older program did, whatever this one's tables are."""
    names = ", ".join(f'"{name}"' for name in values)
    tx.execute(text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})"), values)


def as_it_was(tx: Connection, vault: Vault) -> Old:
    """Fill the tables of revision 0007, with its secrets encrypted."""

    def sealed(column: str, row_id: str, value: str) -> str:
        return vault.seal(f"{column}:{row_id}", value)

    insert(tx, "options", name="key_check", value=sealed("options.value", "key_check", "hookbench"), updated_at=0)
    sources = []
    for name, mode in (("Test", "test"), ("Live", "live")):
        source = mint(SourceId)
        sources.append(source)
        row = {"id": source, "name": name, "mode": mode, "token": f"tok_{mode}", "created_at": BEGAN}
        insert(tx, "sources", **row, secret=sealed("sources.secret", source, SECRET))
    endpoint, plain = mint(EndpointId), mint(EndpointId)
    known = tuple(mint(VersionId) for _ in range(3))
    for each, active, variables in ((endpoint, known[2], '{"region":"eu"}'), (plain, None, "{}")):
        insert(
            tx, "endpoints", id=each, source_id=sources[0], card="webhook", description="Old shop",
            url=sealed("endpoints.url", each, HOOK), destination="capture",
            credentials=sealed("endpoints.credentials", each, "{}"), headers=sealed("endpoints.headers", each, "{}"),
            event_types=None, variables=sealed("endpoints.variables", each, variables), transforming=active is not None,
            version_id=active, secret=sealed("endpoints.secret", each, SECRET), disabled=False, created_at=BEGAN,
            updated_at=BEGAN,
        )  # fmt: skip
    for number, version in enumerate(known, 1):
        saved = BEGAN + number * DAY
        insert(tx, "versions", id=version, endpoint_id=endpoint, number=number, code=code(number), created_at=saved)
    replay = mint(ReplayId)
    insert(
        tx, "replays", id=replay, source_id=sources[0], endpoint_id=endpoint, kind="failed",
        filters=json.dumps([0, BEGAN + 2 * DAY, None, ["failed"]]), version_id=known[1], rate=None, total=0, more=False,
        begun=0, tally="{}", settled=True, cursor="msg_", state="done", user_name="ada", created_at=BEGAN + 2 * DAY,
        ended_at=BEGAN + 2 * DAY,
    )  # fmt: skip
    parked = []
    for number in range(2):
        message, delivery = mint(MessageId), mint(DeliveryId)
        parked.append((message, delivery))
        at = BEGAN + 2 * DAY + number
        insert(
            tx, "messages", id=message, source_id=sources[0], webhook_id=f"evt_{number}",
            event_type="payment.succeeded", origin="received", received_at=at,
            body=b'{"type":"payment.succeeded","data":{}}',
        )  # fmt: skip
        insert(
            tx, "deliveries", id=delivery, message_id=message, endpoint_id=endpoint, state="transform_failed",
            trigger="event", attempts=1, step=1, due_at=None, created_at=at, updated_at=at,
        )  # fmt: skip
        insert(
            tx, "attempts", id=mint(AttemptId), delivery_id=delivery, message_id=message, endpoint_id=endpoint,
            source_id=sources[0], event_type="payment.succeeded", number=1, trigger="event",
            outcome="transform_failed", version_id=known[1], started_at=at, duration_us=900, transform_us=500,
            error=FAILED_AT_LINE_2, console="[]", warnings="[]",
        )  # fmt: skip
    return Old(endpoint, known, tuple(parked), replay, plain)


@pytest.fixture(params=["sqlite", "postgresql"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Site, Old]]:
    """The old database, and a site that has opened it with the program of now."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    keys = KeyRing.find(key="", key_file=None, folder=data)
    keys.make()
    vault = Vault(keys)
    engine = create_engine(database or f"sqlite:///{data / 'hookbench.db'}").execution_options(**{VAULT: vault})
    with engine.begin() as tx:
        command.upgrade(config_for(tx), BEFORE)
        old = as_it_was(tx, vault)
    engine.dispose()
    if not database:
        os.chmod(data / "hookbench.db", 0o600)
    async with visited(Settings(data=data, database=database)) as site:
        yield site, old


async def tried(site: Site, message: MessageId, count: int) -> list[Attempt]:
    """The attempts of a message, oldest first, once there are ``count``."""
    async with asyncio.timeout(20):
        while True:
            found = await site.services.store.read(lambda tx: attempts.of_message(tx, message))
            if len(found) >= count:
                return found[::-1]
            await asyncio.sleep(0.02)


async def test_each_saved_version_is_an_activation_from_the_time_that_it_was_saved(opened: tuple[Site, Old]) -> None:
    site, old = opened
    made = await site.services.store.read(lambda tx: versions.activations_of(tx, old.endpoint))
    one, two, three = old.versions
    assert [(each.version_id, each.former_version_id, each.created_at) for each in made] == [
        (three, two, BEGAN + 3 * DAY),
        (two, one, BEGAN + 2 * DAY),
        (one, None, BEGAN + DAY),
    ]
    assert {(each.reason.value, each.author, each.note, each.failing) for each in made} == {("migrated", "", "", 0)}
    assert await site.services.store.read(lambda tx: versions.activations_of(tx, old.plain)) == []
    history = await site.get(f"/endpoints/{old.endpoint}/history")
    assert text_of(history.text).count("Saved before drafts existed") == 3


async def test_the_endpoint_is_as_it_was(opened: tuple[Site, Old]) -> None:
    site, old = opened
    shop = await site.services.store.read(lambda tx: endpoints.get(tx, old.endpoint))
    assert shop and shop.version
    assert (shop.version.id, shop.version.number, shop.version.code) == (old.versions[2], 3, code(3))
    assert (shop.url, shop.variables, shop.secret, shop.unreadable) == (HOOK, {"region": "eu"}, SECRET, frozenset())
    assert (shop.draft_id, shop.shadow, shop.transforming) == (None, None, True)
    page = text_of((await site.get(f"/endpoints/{old.endpoint}")).text)
    assert "v3 active" in page and "draft differs" not in page


async def test_attempts_keep_their_version_and_lead_to_its_code(opened: tuple[Site, Old]) -> None:
    site, old = opened
    [(message, delivery_id), _] = old.parked
    [attempt] = await tried(site, message, 1)
    assert (attempt.version_id, attempt.outcome) == (old.versions[1], AttemptOutcome.TRANSFORM_FAILED)
    address = f"/test/endpoints/{old.endpoint}/versions/{old.versions[1]}"
    page = await site.get(f"/messages/{message}")
    assert f'href="{address}#L2">v2:2</a>' in page.text
    assert "Resend with v3" in text_of(page.text)
    shown = await site.get(address)
    assert 'id="L2"' in shown.text and "ran: 2" in shown.text
    found = await site.services.store.read(lambda tx: deliveries.get(tx, delivery_id))
    assert found and (found.state, found.version_id) == (DeliveryState.TRANSFORM_FAILED, None)


async def test_a_replay_keeps_its_version_and_nobody_chose_it(opened: tuple[Site, Old]) -> None:
    site, old = opened
    run = await site.services.store.read(lambda tx: replays.get(tx, old.replay))
    assert run and (run.version_id, run.pinned, run.chosen_version) == (old.versions[1], False, None)
    page = text_of((await site.get(f"/endpoints/{old.endpoint}/replays")).text)
    assert "Recover failed" in page and "v2" in page and "as chosen" not in page


async def test_a_parked_delivery_runs_the_active_version_or_the_chosen_one(opened: tuple[Site, Old]) -> None:
    site, old = opened
    [(first, first_delivery), (second, _)] = old.parked
    await site.post(f"/deliveries/{first_delivery}/resend", {"version": old.versions[0]})
    _, chosen = await tried(site, first, 2)
    page = await site.get(f"/endpoints/{old.endpoint}/replays/new?kind=parked")
    assert "1 message will be sent" in text_of(page.text) and "Runs v3 , the active version" in text_of(page.text)
    await site.post(f"/endpoints/{old.endpoint}/replays", {"kind": "parked", "since": "all"})
    _, active = await tried(site, second, 2)
    for attempt, number in ((chosen, 1), (active, 3)):
        assert (attempt.outcome, attempt.version_id) == (AttemptOutcome.CAPTURED, old.versions[number - 1])
        assert attempt.request and json.loads(attempt.request.body) == {"ran": number}


async def test_parked_deliveries_are_re_run_with_the_version_they_ran_when_asked(opened: tuple[Site, Old]) -> None:
    site, old = opened
    form = {"kind": "parked", "since": "all", "version": old.versions[1]}
    assert (await site.post(f"/endpoints/{old.endpoint}/replays", form)).status_code == 303
    for message, _ in old.parked:
        _, attempt = await tried(site, message, 2)
        assert (attempt.outcome, attempt.version_id) == (AttemptOutcome.CAPTURED, old.versions[1])
        assert attempt.request and json.loads(attempt.request.body) == {"ran": 2}
