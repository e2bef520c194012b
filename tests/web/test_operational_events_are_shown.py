"""Operational events: listed by source, counted in the navigation, seen when a person says so; who is told of them."""

import re
from html import unescape

import pytest
from builders import SECRET, a_message, an_attempt, an_endpoint
from receivers import OK, receiving
from site_under_test import Site
from standardwebhooks.webhooks import Webhook

from server.domain.endpoints import Endpoint
from server.domain.ids import DeliveryId
from server.domain.messages import AttemptError, AttemptOutcome, DeliveryState
from server.domain.notification_settings import NotificationSettings
from server.domain.operational_event_types import ENDPOINT_DISABLED, OPERATIONAL_EVENTS
from server.domain.operational_events import of_attempt
from server.domain.reasons import because
from server.domain.signing import fingerprint
from server.store import endpoints, operational_events, options

FORM = {"kinds": list(OPERATIONAL_EVENTS), "addresses": "", "webhook_url": ""}


async def failed_for_good(site: Site, description: str = "Slack <payments>") -> Endpoint:
    endpoint = an_endpoint(site.source, description=description)
    error = AttemptError("refused", because("connection_refused", host="example.com"))
    attempt = an_attempt(
        a_message(site.source), DeliveryId("dlv_1"), endpoint,
        outcome=AttemptOutcome.UNREACHABLE, response=None, error=error, number=8, started_at=site.services.now(),
    )  # fmt: skip

    def keep(tx):
        endpoints.insert(tx, endpoint)
        operational_events.add(tx, of_attempt(attempt, DeliveryState.FAILED))

    await site.services.store.write(keep)
    return endpoint


async def chosen(site: Site) -> NotificationSettings:
    return await site.services.store.read(options.alerts)


def unseen(page: str) -> int:
    found = re.search(r'id="unseen".*?<span aria-hidden="true">(\d+)', page, re.S)
    return int(found[1]) if found else 0


async def test_an_event_is_listed_with_its_reason_and_counted(site: Site) -> None:
    assert "No operational events" in (await site.get("/notices")).text
    endpoint = await failed_for_good(site)
    page = (await site.get("/notices")).text
    assert "Retries exhausted" in page
    assert "Slack &lt;payments&gt;" in page
    assert "nothing is listening on this port" in page
    assert f'href="/test/endpoints/{endpoint.id}"' in page
    assert f'href="/test/endpoints/{endpoint.id}/replays/new?kind=failed"' in page
    assert unseen((await site.get("/logs")).text) == 1
    assert "Retries exhausted" in (await site.get(f"/endpoints/{endpoint.id}")).text


async def test_in_chinese_the_reason_is_chinese_too(site: Site) -> None:
    await failed_for_good(site)
    page = (await site.get("/notices", headers={"accept-language": "zh"})).text
    assert "重试已用尽" in page
    assert "nothing is listening on this port" not in page


async def test_seen_is_up_to_what_the_reader_saw(site: Site) -> None:
    await failed_for_good(site, "first")
    looked_at = re.search(r'name="up_to" value="(ntc_\w+)"', (await site.get("/notices")).text)[1]
    await failed_for_good(site, "second")
    await site.post("/notices/seen", {"up_to": looked_at})
    assert unseen((await site.get("/notices")).text) == 1
    latest = re.search(r'name="up_to" value="(ntc_\w+)"', (await site.get("/notices")).text)[1]
    await site.post("/notices/seen", {"up_to": latest})
    page = (await site.get("/notices")).text
    assert unseen(page) == 0
    assert "Mark all as read" not in page


async def test_addresses_need_a_mail_server(site: Site) -> None:
    answer = await site.post("/settings/alerts", FORM | {"addresses": "ops@example.com"})
    assert answer.status_code == 422
    assert "No mail server is configured" in answer.text
    assert 'value="ops@example.com"' in answer.text
    assert (await chosen(site)).addresses == ()


@pytest.mark.parametrize(
    "typed", ["ops", "a@b\r\nBcc: c@d", "ops@example.com>", "ops@exa_mple.com", "a..b@example.com"]
)
async def test_what_is_no_address_is_named_beside_its_field(site: Site, typed: str) -> None:
    answer = await site.post("/settings/alerts", FORM | {"addresses": typed})
    assert answer.status_code == 422
    assert "is not an e-mail address" in unescape(answer.text)


async def test_two_wrong_fields_are_both_said_and_nothing_is_kept(site: Site) -> None:
    answer = await site.post("/settings/alerts", FORM | {"addresses": "ops", "webhook_url": "http://169.254.169.254/"})
    assert answer.status_code == 422
    said = unescape(answer.text)
    assert "is not an e-mail address" in said and "The address is link-local." in said
    assert (await chosen(site)).webhook_url == ""


async def test_the_first_webhook_gets_a_secret_that_can_be_changed(site: Site) -> None:
    answer = await site.post(
        "/test/settings/alerts", FORM | {"kinds": ["endpoint.disabled"], "webhook_url": "https://a.example/x"}
    )
    assert answer.headers["location"] == "/test/settings?said=alerts-saved"
    first = await chosen(site)
    assert first.kinds == {ENDPOINT_DISABLED.key}
    assert first.webhook_secret.startswith("whsec_")
    page = (await site.get("/settings")).text
    assert first.webhook_secret not in page and f"••••••••{first.webhook_secret[-4:]}" in page
    await site.post("/settings/alerts/secret")
    assert (await chosen(site)).webhook_secret != first.webhook_secret


async def test_the_webhooks_secret_changes_once_when_the_form_is_sent_twice(site: Site) -> None:
    await site.post("/settings/alerts", FORM | {"webhook_url": "https://a.example/x"})
    before = (await chosen(site)).webhook_secret
    form = {"replaces": fingerprint(before)}
    assert f'name="replaces" value="{form["replaces"]}"' in (await site.get("/settings")).text

    secrets = []
    for _ in range(2):
        await site.post("/settings/alerts/secret", form)
        secrets.append((await chosen(site)).webhook_secret)

    assert before != secrets[0] == secrets[1]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://169.254.169.254/", "ftp://a.example", "http://u:p@a.example"]
)
@pytest.mark.parametrize("action", ["/test/settings/alerts", "/test/settings/alerts/test-webhook"])
async def test_the_webhook_keeps_the_rules_of_every_address(site: Site, url: str, action: str) -> None:
    answer = await site.post(action, FORM | {"webhook_url": url})
    assert answer.status_code == 422
    assert 'id="field-webhook_url-error"' in answer.text
    assert (await chosen(site)).webhook_url == ""


async def test_a_test_goes_to_the_typed_address_and_says_how_it_went(loopback_site: Site) -> None:
    site = loopback_site
    await site.services.store.write(
        lambda tx: options.set_alerts(tx, NotificationSettings(webhook_secret=SECRET), site.services.now())
    )
    async with receiving(OK) as hook:
        answer = await site.post("/settings/alerts/test-webhook", FORM | {"webhook_url": hook.url()})
        assert "The webhook accepted the test." in answer.text
        assert f'value="{hook.url()}"' in answer.text
    assert Webhook(SECRET).verify(hook.got[0].body, hook.got[0].headers)["type"] == "test"
    assert (await chosen(site)).webhook_url == ""
    async with receiving(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n") as hook:
        answer = await site.post("/settings/alerts/test-webhook", FORM | {"webhook_url": hook.url()})
    assert answer.status_code == 422
    assert "The webhook returned 500." in answer.text


async def test_a_test_mail_arrives_and_a_refusal_is_said(loopback_site: Site) -> None:
    site, box = loopback_site, loopback_site.app.state.box
    answer = await site.post("/settings/alerts/test-mail", FORM | {"addresses": "ops@example.com, ada@example.com"})
    assert "The mail server accepted the e-mail." in answer.text
    assert box.recipients == [["ops@example.com", "ada@example.com"]]
    box.refuses = "*"
    answer = await site.post("/settings/alerts/test-mail", FORM | {"addresses": "ops@example.com"})
    assert answer.status_code == 422
    assert "rejected every address: 550" in answer.text
    assert "Enter an address first." in (await site.post("/settings/alerts/test-mail", FORM)).text
