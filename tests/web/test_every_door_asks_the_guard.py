"""An address inside is refused at every door: typed, tested, set by code, sent as example and again."""

import pytest
from entries import arrived, capturing_endpoint, kept_endpoint
from form import a_form, beside, text_of
from receivers import receiving
from site_under_test import Site
from spellings import HOSTS
from test_message_is_sent_again import made

from server.delivery.courier import Blocked
from server.domain.messages import AttemptOutcome, Trigger
from server.domain.requests import FinishedRequest
from server.store import attempts, endpoints, options

INSIDE = "http://127.0.0.1:9/"
RULE = (
    "The address belongs to this machine (loopback). To allow deliveries to it, set "
    "HOOKBENCH_ALLOW_NETWORKS=127.0.0.0/8 and restart Hookbench."
)
AT_DELIVERY = RULE.replace("=127.0.0.0/8", ", for example to 127.0.0.0/8,")
"""A name is judged by what it resolves to, which the sentence must not reveal."""
TO_INSIDE = f'function handler(webhook) {{ webhook.url = "{INSIDE}"; return webhook }}'


async def test_create(site: Site) -> None:
    answer = await site.post("/endpoints", a_form(url=INSIDE))

    assert (answer.status_code, beside(answer.text, "url")) == (422, RULE)
    assert await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id)) == []


async def test_edit(site: Site) -> None:
    endpoint = await kept_endpoint(site)

    answer = await site.post(f"/endpoints/{endpoint.id}/edit", a_form(url=INSIDE))

    assert (answer.status_code, beside(answer.text, "url")) == (422, RULE)
    kept = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert kept and kept.url == endpoint.url


async def test_a_destination_that_is_switched_from_capture_to_send(site: Site) -> None:
    endpoint = await capturing_endpoint(site, url=INSIDE)

    answer = await site.post(f"/endpoints/{endpoint.id}/advanced", {"destination": "send"})

    assert (answer.status_code, beside(answer.text, "destination")) == (422, RULE)


@pytest.mark.parametrize("form", [a_form(url=INSIDE), a_form(code=TO_INSIDE)], ids=["typed", "set by code"])
async def test_the_test_run(site: Site, form: dict[str, object]) -> None:
    answer = await site.post("/transformations/try", form, headers={"hx-request-type": "partial"})

    assert text_of(answer.text).count(RULE) == 1
    assert 'href="/test/settings/networks"' in answer.text
    assert "Ready to send" not in text_of(answer.text)


async def test_a_test_that_is_sent_says_it_once(site: Site) -> None:
    form = a_form(url=INSIDE, transforming=None)
    answer = await site.post("/transformations/send", form, headers={"hx-request-type": "partial"})
    assert text_of(answer.text).count(RULE) == 1
    assert 'href="/test/settings/networks"' in answer.text


async def test_the_webhook_for_alerts(site: Site) -> None:
    answer = await site.post("/settings/alerts", {"webhook_url": INSIDE})

    assert answer.status_code == 422
    assert RULE in text_of(answer.text)


ODD = {name: f"http://{host}:9/" for name, host in HOSTS.items()}


def refusal(url: str) -> int:
    """A form with a NUL in it is not read at all; anything else is said beside the field."""
    return 400 if "\0" in url else 422


@pytest.mark.parametrize("door", ["/test/settings/alerts", "/test/settings/alerts/test-webhook"])
async def test_the_webhook_for_alerts_in_every_odd_spelling(site: Site, door: str) -> None:
    for name, url in ODD.items():
        answer = await site.post(door, {"webhook_url": url})

        assert answer.status_code == refusal(url), name
        assert beside(answer.text, "webhook_url") or "\0" in url, name
    assert (await site.services.store.read(options.alerts)).webhook_url == ""


async def test_create_in_every_odd_spelling(site: Site) -> None:
    for name, url in ODD.items():
        answer = await site.post("/endpoints", a_form(url=url))

        assert answer.status_code == refusal(url), name
        assert beside(answer.text, "url") or "\0" in url, name
    assert await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id)) == []


async def test_code_that_leads_there_in_an_event_an_example_and_a_resend(site: Site) -> None:
    endpoint = await kept_endpoint(site, TO_INSIDE)
    await site.post(f"/endpoints/{endpoint.id}/example", {"event_type": "payment.succeeded"})
    message = await arrived(site)

    [first] = await made(site, message.id, 1)
    await site.post(f"/deliveries/{first.delivery_id}/resend")
    tries = await made(site, message.id, 2)
    examples = await site.services.store.read(lambda tx: attempts.page(tx, attempts.Search(endpoint_id=endpoint.id)))

    assert {one.trigger for one in examples} >= {Trigger.EXAMPLE, Trigger.RESEND}
    for attempt in (*tries, *examples):
        assert attempt.outcome is AttemptOutcome.BLOCKED
        assert attempt.error and attempt.error.message == AT_DELIVERY


async def test_the_courier_which_every_delivery_replay_and_notification_goes_through(site: Site) -> None:
    async with receiving() as receiver:
        sent = await site.services.courier.send(FinishedRequest("POST", receiver.url(), {}, b"{}"))

    assert isinstance(sent, Blocked)
    assert sent.error.message == AT_DELIVERY
    assert receiver.connections == 0
