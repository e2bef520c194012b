"""An endpoint that is deleted between a person's look and their action: a calm sentence, and nothing is done."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from builders import SECRET
from entries import kept_endpoint, tried
from form import PLAIN, a_form, text_of
from routes import routes
from site_under_test import Site

from server.domain.endpoints import Endpoint
from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.signing import fingerprint
from server.store import Store, Transaction, deleted_endpoints

CLOCK = "2026-11-29T10:00:00Z"

FORMS: dict[str, dict[str, Any]] = {
    "rename": {"name": "Shop"},
    "pause": {},
    "resume": {},
    "enable": {},
    "disable": {},
    "advanced": {"schedule": "0s, 5s", "rate_limit": "5", "headers_key": "X-Team", "headers_value": "payments"},
    "edit": a_form(),
    "example": {"event_type": "payment.succeeded"},
    "secret": {"replaces": fingerprint(SECRET)},
    "secret/stop-former": {},
    "transformation": {"transforming": "on", "code": PLAIN + "// other"},
    "replays": {"kind": "failed", "since": "all"},
    "transformation/discard": {},
    "transformation/activate": {"draft": "drf_none"},
    "versions/{version_id}/restore": {},
    "versions/{version_id}/roll-back": {},
    "drafts/{draft_id}/restore": {},
    "cases": {
        "name": "a",
        "event_type": "payment.succeeded",
        "payload": "{}",
        "url": "https://example.com",
        "clock": CLOCK,
    },
    "backtests": {"code": "{version_id}", "most": "10"},
    "shadow": {"code": "{version_id}", "duration": "1d"},
}
"""What is posted to each address below an endpoint's. Deleting it once more is no trouble to anybody."""


LOOKS = {"check", "cases/run", "cases/propose", "coverage.json", "retry-waiting"}
"""What is posted to these changes nothing that is kept; nothing waits at an endpoint that was deleted."""
GONE_TOO = {
    "cases/{case_id}", "cases/{case_id}/delete", "cases/{case_id}/update", "backtests/{backtest_id}/stop",
    "shadow/{shadow_id}/drop", "shadow/{shadow_id}/promote",
}  # fmt: skip
"""These are about a row that is deleted with the endpoint, so that its own page says that it is not there."""


class Raced:
    """The store while another person is always a little faster."""

    def __init__(self, store: Store, faster: Callable[[Transaction], Any]) -> None:
        self._store = store
        self._faster = faster

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        await self._store.write(self._faster)
        return await self._store.write(work)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def deleted_while_looked_at(site: Site) -> Endpoint:
    endpoint = await kept_endpoint(site, PLAIN)
    await tried(site, endpoint, DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED)
    raced: Any = Raced(site.services.store, lambda tx: deleted_endpoints.remove(tx, endpoint.id, site.services.now()))
    site.app.state.services = replace(site.services, store=raced)
    return endpoint


def test_every_action_on_an_endpoint_is_tried(site: Site) -> None:
    below = "/{source}/endpoints/{endpoint_id}/"
    posted = {path.removeprefix(below) for method, path in routes(site.app) if method == "POST" and below in path}
    assert posted == {*FORMS, "delete", *LOOKS, *GONE_TOO}


@pytest.mark.parametrize("action", FORMS)
async def test_the_page_says_that_it_is_gone(site: Site, action: str) -> None:
    endpoint = await deleted_while_looked_at(site)
    assert endpoint.version

    ids = {"version_id": endpoint.version.id, "draft_id": "drf_none"}
    filled = {name: value.format(**ids) if value == "{version_id}" else value for name, value in FORMS[action].items()}
    answer = await site.post(f"/endpoints/{endpoint.id}/{action.format(**ids)}", filled)

    assert answer.status_code == 404
    assert "This endpoint was deleted in the meantime. Nothing was changed." in text_of(answer.text)
    assert "<html" in answer.text


async def test_htmx_gets_the_sentence_alone(site: Site) -> None:
    endpoint = await deleted_while_looked_at(site)

    htmx = {"hx-request": "true", "hx-request-type": "partial"}
    answer = await site.post(f"/endpoints/{endpoint.id}/pause", headers=htmx)

    assert answer.status_code == 404
    assert "This endpoint was deleted in the meantime" in text_of(answer.text)
    assert "<html" not in answer.text


async def test_deleting_it_twice_is_no_trouble(site: Site) -> None:
    endpoint = await deleted_while_looked_at(site)

    answer = await site.post(f"/endpoints/{endpoint.id}/delete")

    assert answer.headers["location"] == f"/test/endpoints?undo={endpoint.id}&said=endpoint-deleted"


@pytest.mark.parametrize("action", ["skip", "resend"])
async def test_a_delivery_to_it_says_so_on_its_page(site: Site, action: str) -> None:
    endpoint = await kept_endpoint(site)
    entry = await tried(site, endpoint, DeliveryState.PENDING, outcome=AttemptOutcome.REJECTED)
    await site.services.store.write(lambda tx: deleted_endpoints.remove(tx, endpoint.id, site.services.now()))

    answer = await site.post(f"/deliveries/{entry.delivery.id}/{action}")

    assert answer.status_code == 422
    assert "The endpoint of this delivery was deleted." in text_of(answer.text)
