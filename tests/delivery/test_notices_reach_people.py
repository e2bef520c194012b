"""From an attempt that failed for good to a mailbox and a webhook: signed, gathered, tried again, given up."""

import errno
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from builders import NOW, SECRET, a_message, a_source, an_attempt, an_endpoint
from mail_server import mailbox
from receivers import OK, receiving
from standardwebhooks.webhooks import Webhook
from working import until

from server.delivery import notifier as module
from server.delivery.courier import Courier
from server.delivery.feed import Feed, Noticed
from server.delivery.mailer import Mailer
from server.delivery.notifier import Notifier, post
from server.domain.addresses import AddressRules
from server.domain.ids import DeliveryId
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState
from server.domain.notification_settings import RETRY_WAITS_MS, MailServer, NotificationSettings, NotificationState, Tls
from server.domain.operational_event_types import ENDPOINT_ABOUT_TO_BE_DISABLED
from server.domain.operational_events import Occurrence, of_attempt
from server.store import Store, endpoints, notifications, operational_events, options, sources


class Scene:
    def __init__(self, store: Store, chosen: NotificationSettings) -> None:
        self.store, self.chosen = store, chosen
        self.source = a_source()
        self.endpoints = [an_endpoint(self.source, description=name) for name in ("Slack", "Ledger\rBcc: eve@x.y")]

    async def keep(self) -> None:
        def keep(tx):
            sources.insert(tx, self.source)
            for endpoint in self.endpoints:
                endpoints.insert(tx, endpoint)
            options.set_alerts(tx, self.chosen, NOW)

        await self.store.write(keep)

    async def fails_for_good(self, which: int = 0, state: DeliveryState = DeliveryState.FAILED) -> None:
        error = AttemptError("refused", "example.com refused the connection: nothing is listening on this port.")
        attempt = an_attempt(
            a_message(self.source), DeliveryId("dlv_1"), self.endpoints[which],
            outcome=AttemptOutcome.UNREACHABLE, response=None, error=error, number=8,
        )  # fmt: skip
        happened = of_attempt(attempt, state)
        assert happened
        await self.store.write(lambda tx: operational_events.add(tx, happened))

    async def told(self) -> list[notifications.Notification]:
        def look(tx):
            found = operational_events.page(tx, self.source.id)
            return [one for each in notifications.of_notices(tx, [n.id for n in found]).values() for one in each]

        return await self.store.read(look)

    async def tried(self, times: int) -> bool:
        return [one.attempts for one in await self.told()] == [times]

    async def are(self, *states: NotificationState) -> bool:
        return sorted(one.state for one in await self.told()) == list(states)


@asynccontextmanager
async def telling(store: Store, *, rules: str = "127.0.0.0/8", smtp: int = 0) -> AsyncIterator[Feed]:
    courier = Courier(AddressRules.allowing([rules] if rules else []), timeout=2)
    server = MailServer(host="localhost", port=smtp, tls=Tls.NONE, sender="hookbench@example.com")
    mailer = Mailer(server, trust=ssl.create_default_context(), timeout=5) if smtp else None
    feed = Feed()
    notifier = Notifier(store, courier, mailer, feed, cards={}, public_url="https://hooks.example.com")
    notifier.start()
    try:
        yield feed
    finally:
        await notifier.stop()
        await courier.aclose()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.02)


async def test_a_webhook_gets_it_signed_and_once(store: Store) -> None:
    async with receiving(OK) as hook:
        scene = Scene(store, NotificationSettings(webhook_url=hook.url("/ops"), webhook_secret=SECRET))
        await scene.keep()
        async with telling(store):
            await scene.fails_for_good()
            await scene.fails_for_good()
            await until(lambda: scene.are(NotificationState.SENT))
    (got,) = hook.got
    body = Webhook(SECRET).verify(got.body, got.headers)
    assert body["type"] == "message.exhausted"
    assert body["data"]["endpoint"]["name"] == "Slack"
    assert body["data"]["link"].startswith("https://hooks.example.com/test/messages/msg_")
    assert "nothing is listening on this port" in body["data"]["error"]
    assert json.loads(got.body) == body


async def test_the_address_guard_stands_before_the_webhook(store: Store) -> None:
    async with receiving(OK) as hook:
        scene = Scene(store, NotificationSettings(webhook_url=hook.url(), webhook_secret=SECRET))
        await scene.keep()
        async with telling(store, rules=""):
            await scene.fails_for_good()
            await until(lambda: scene.tried(1))
    (one,) = await scene.told()
    assert (one.state, "loopback" in str(one.error)) == (NotificationState.PENDING, True)
    assert hook.got == []


async def test_what_fails_is_tried_again_and_given_up_in_the_end(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "retry_wait_ms", lambda attempts: 1 if attempts <= len(RETRY_WAITS_MS) else None)
    async with receiving(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n") as hook:
        scene = Scene(store, NotificationSettings(webhook_url=hook.url(), webhook_secret=SECRET))
        await scene.keep()
        async with telling(store):
            await scene.fails_for_good()
            await until(lambda: scene.are(NotificationState.FAILED))
    (one,) = await scene.told()
    assert (one.attempts, str(one.error)) == (len(RETRY_WAITS_MS) + 1, "The webhook returned 503.")
    assert len({got.headers["webhook-id"] for got in hook.got}) == 1
    assert len(hook.got) == len(RETRY_WAITS_MS) + 1


async def test_what_cannot_be_put_into_words_is_given_up_in_the_end_too(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(module, "retry_wait_ms", lambda attempts: 1 if attempts <= len(RETRY_WAITS_MS) else None)
    with mailbox() as box:
        async with receiving(OK) as hook:
            told = NotificationSettings(addresses=("ada@example.com",), webhook_url=hook.url(), webhook_secret=SECRET)
            scene = Scene(store, told)
            await scene.keep()
            async with telling(store, smtp=box.port):
                monkeypatch.setattr(module, "MAIL_PAUSE_MS", 0)
                # Without a detail that says since when.
                wordless = Occurrence(ENDPOINT_ABOUT_TO_BE_DISABLED, scene.source.id, scene.endpoints[0].id, NOW)
                await store.write(lambda tx: operational_events.add(tx, wordless))
                await until(lambda: scene.are(NotificationState.FAILED, NotificationState.FAILED))
    assert [one.attempts for one in await scene.told()] == [len(RETRY_WAITS_MS) + 1] * 2
    assert {str(one.error) for one in await scene.told()} == {str(module.OUR_FAULT)}
    assert hook.got == []


async def test_mails_of_one_kind_are_gathered_and_cannot_smuggle_headers(store: Store) -> None:
    with mailbox() as box:
        scene = Scene(store, NotificationSettings(addresses=("ops@example.com", "ada@example.com")))
        await scene.keep()
        await scene.fails_for_good(1)
        await scene.fails_for_good(0)
        async with telling(store, smtp=box.port):
            await until(lambda: scene.are(NotificationState.SENT, NotificationState.SENT))
            await scene.fails_for_good(1, DeliveryState.TRANSFORM_FAILED)
            await until(lambda: len(box.got) == 2)
    first, second = box.got
    assert first["subject"] == "[Hookbench Test] Retries exhausted: 2 notices"
    assert second["subject"] == "[Hookbench Test] Transformation failing: Ledger Bcc: eve@x.y"
    assert all(mail["bcc"] is None for mail in box.got)
    assert box.recipients == [["ops@example.com", "ada@example.com"]] * 2
    text = first.get_content()
    assert "Slack (Test)" in text
    assert "nothing is listening on this port" in text
    assert "https://hooks.example.com/test/messages/msg_" in text


async def test_a_second_mail_of_the_same_kind_waits_a_minute(store: Store) -> None:
    with mailbox() as box:
        scene = Scene(store, NotificationSettings(addresses=("ops@example.com",)))
        await scene.keep()
        async with telling(store, smtp=box.port):
            await scene.fails_for_good(0)
            await until(lambda: len(box.got) == 1)
            await scene.fails_for_good(1)
            await scene.fails_for_good(0, DeliveryState.TRANSFORM_FAILED)  # another kind goes at once, and after it
            await until(lambda: len(box.got) == 2)
            await until(lambda: scene.are(NotificationState.PENDING, NotificationState.SENT, NotificationState.SENT))


async def test_kinds_that_nobody_chose_are_listed_and_not_sent(store: Store) -> None:
    scene = Scene(store, NotificationSettings(kinds=frozenset(), addresses=("ops@example.com",)))
    await scene.keep()
    await scene.fails_for_good()
    assert await scene.told() == []


async def test_open_pages_are_told(store: Store) -> None:
    scene = Scene(store, NotificationSettings())
    await scene.keep()
    async with telling(store) as feed:
        with feed.listen() as changes:
            await scene.fails_for_good()
            assert await anext(changes) == Noticed(scene.source.id)


async def test_a_flood_of_different_endpoints_stays_bounded(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(notifications, "MAX_WAITING", 1)
    scene = Scene(store, NotificationSettings(addresses=("ops@example.com",)))
    await scene.keep()
    await scene.fails_for_good(0)
    await scene.fails_for_good(1)
    assert sorted((one.state, str(one.error)) for one in await scene.told()) == [
        (NotificationState.FAILED, "Too many other notifications were waiting."),
        (NotificationState.PENDING, "None"),
    ]


async def test_a_machine_that_can_open_no_connection_says_so() -> None:
    async def out_of_files(host: str) -> list[str]:
        raise OSError(errno.EMFILE, "Too many open files")

    courier = Courier(AddressRules(), resolve=out_of_files)
    said = await post(courier, "https://alerts.example/", SECRET, "ntf_1", b"{}")
    await courier.aclose()
    assert str(said) == "This machine has no file handles or memory left for another connection."
