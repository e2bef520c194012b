"""What the test shows is what is sent: one path for both."""

import asyncio
import re
from typing import Any

import pytest
from form import a_form, customer_io, path_of
from site_under_test import Site

from server.actions import trials
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.endpoints import Destination
from server.domain.messages import Attempt, AttemptOutcome
from server.store import attempts, endpoints
from server.web import endpoint_form
from server.web.forms import Form

SIGNATURE = {"webhook-id", "webhook-timestamp", "webhook-signature"}
DEADLINE_SECONDS = 20
ULID = re.compile(rb'"id":"[0-9A-Z]{26}"')
"""Made of the webhook-id, which a test and a live delivery do not share."""


async def the_attempt(site: Site, endpoint_id: str, event_type: str) -> Attempt:
    """The attempt that Send example leads to."""
    path_of(await site.post(f"/endpoints/{endpoint_id}/example", {"event_type": event_type}))
    search = attempts.Search(endpoint_id=endpoint_id, event_type=event_type)
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            if found := await site.services.store.read(lambda tx: attempts.page(tx, search)):
                newest: Attempt = found[0]
                return newest
            await asyncio.sleep(0.01)


def as_form(form: dict[str, Any]) -> Form:
    return Form({name: value if isinstance(value, list) else [value] for name, value in form.items()})


@pytest.mark.parametrize("event_type", ["payment.succeeded", "subscription.active", "payout.success"])
async def test_the_test_shows_the_request_that_a_live_delivery_records(site: Site, event_type: str) -> None:
    card = site.services.cards["customer_io"]
    form = customer_io(
        destination="capture", code=card.default_code, headers_key=["X-Team"], headers_value=["payments"]
    )

    trial = await trials.try_out(
        site.services, endpoint_form.posted(as_form(form), card), event_type, sample_json(event_type)
    )
    endpoint_id = path_of(await site.post("/endpoints", form)).split("/")[3]
    attempt = await the_attempt(site, endpoint_id, event_type)

    if trial.outcome == "cancelled":
        assert attempt.outcome is AttemptOutcome.CANCELLED
        return
    assert attempt.outcome is AttemptOutcome.CAPTURED
    assert trial.request
    assert attempt.request
    assert (trial.request.method, trial.request.url) == (attempt.request.method, attempt.request.url)
    assert ULID.sub(b"", trial.request.body) == ULID.sub(b"", attempt.request.body)
    sent = [(name, value) for name, value in attempt.request.headers if name not in SIGNATURE]
    assert list(trial.request.headers) == sent


async def test_a_script_that_fails_in_the_test_fails_live_with_the_same_words(site: Site) -> None:
    form = a_form(destination="capture", code="function handler(w) {\n  return w.a.b;\n}")
    card = site.services.cards["webhook"]

    trial = await trials.try_out(site.services, endpoint_form.posted(as_form(form), card), "refund.failed", "{}")
    endpoint_id = path_of(await site.post("/endpoints", form)).split("/")[3]
    attempt = await the_attempt(site, endpoint_id, "refund.failed")

    assert trial.error
    assert attempt.outcome is AttemptOutcome.TRANSFORM_FAILED
    assert attempt.error == trial.error


async def test_a_disabled_endpoint_sends_no_example(site: Site) -> None:
    endpoint_id = path_of(await site.post("/endpoints", a_form(destination="capture"))).split("/")[3]
    await site.post(f"/endpoints/{endpoint_id}/disable")

    answer = await site.post(f"/endpoints/{endpoint_id}/example", {"event_type": "payment.failed"})

    assert answer.status_code == 422
    assert "The endpoint is disabled. Enable it to send an example." in answer.text
    stored = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    assert stored.destination is Destination.CAPTURE


def test_every_event_type_has_a_sample_to_try() -> None:
    assert len(EVENT_TYPES) == 48
