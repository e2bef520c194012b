"""Each family of cards against a receiver that responds as its destination does: default code, real sandbox, courier.

The receiver is reached by the destination's own name over TLS; what it sends back is written from the destination's
documentation.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from builders import SECRET, a_message
from card_checks import credentials_for, endpoint_for
from cards import BUILT_IN
from receivers import receiving

from server.delivery.courier import Courier
from server.delivery.decisions import decide_next
from server.delivery.dispatch import Dispatcher
from server.domain.addresses import AddressRules
from server.domain.catalog import sample_json
from server.domain.ids import AttemptId, ProcessId, SourceId
from server.domain.messages import AttemptOutcome, Delivery, DeliveryState, RetryReason, Trigger
from server.sandbox import Limits, Sandbox
from server.store.deliveries import ClaimedDelivery

CARDS = BUILT_IN
SUCCEEDED, REJECTED = AttemptOutcome.SUCCEEDED, AttemptOutcome.REJECTED
PENDING, FAILED, DONE = DeliveryState.PENDING, DeliveryState.FAILED, DeliveryState.SUCCEEDED


@dataclass(frozen=True)
class Case:
    """What a destination sends back, and what Hookbench makes of it."""

    family: str
    card: str
    status: int
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    event_type: str = "payment.succeeded"
    outcome: AttemptOutcome = SUCCEEDED
    state: DeliveryState = DONE
    message: str = ""
    """A part of the sentence that people read."""
    wait: tuple[int, int] | None = None
    """Seconds until the next attempt, at least and at most."""

    def __str__(self) -> str:
        return f"{self.family}-{self.card}-{self.status}"


def refused(*values: Any, **changes: Any) -> Case:
    """A case that is rejected for good."""
    return Case(*values, outcome=REJECTED, state=FAILED, **changes)


def later(*values: Any, **changes: Any) -> Case:
    """A case that is rejected and tried again."""
    return Case(*values, outcome=REJECTED, state=PENDING, **changes)


CASES = [
    Case("chat", "discord", 200, {"id": "1", "content": ""}),
    Case("chat", "slack", 200, "ok"),
    Case("chat", "telegram", 200, {"ok": True, "result": {"message_id": 1}}),
    Case("chat", "teams", 202),
    later(
        "chat",
        "telegram",
        403,
        {"ok": False, "description": "Forbidden: bot was blocked by the user"},
        message="blocked by the user",
    ),
    refused("chat", "discord", 404, {"message": "Unknown Webhook", "code": 10015}, message="Unknown Webhook"),
    Case("e-mail", "sendgrid", 202, "", {"X-Message-Id": "a"}),
    Case("e-mail", "resend", 200, {"id": "a"}),
    refused("e-mail", "sendgrid", 400, {"errors": [{"message": "Bad sender", "field": "from"}]}, message="Bad sender"),
    later("e-mail", "resend", 401, {"statusCode": 401, "message": "API key is invalid"}, message="API key is invalid"),
    Case("CRM", "hubspot", 200, {"status": "COMPLETE", "results": []}),
    refused(
        "CRM",
        "hubspot",
        400,
        {"status": "error", "message": "Invalid input JSON", "category": "VALIDATION_ERROR"},
        message="Invalid input JSON",
    ),
    Case("CRM", "customer_io", 200, {}),
    refused(
        "CRM",
        "customer_io",
        400,
        {"errors": [{"reason": "invalid", "field": "action", "message": "unknown action"}]},
        message="unknown action",
    ),
    Case("CRM", "notion", 200, {"object": "page"}),
    Case("analytics", "segment", 200, {"success": True}),
    Case("analytics", "amplitude", 200, {"code": 200, "events_ingested": 1}),
    refused(
        "analytics",
        "mixpanel",
        400,
        {"code": 400, "error": "failed validation", "failed_records": [{"message": "too old"}]},
        message="too old",
    ),
    refused("2xx but rejected", "slack", 200, "no_text", message="no_text"),
    refused(
        "2xx but rejected", "posthog", 200, {"status": 0, "error": "missing distinct_id"}, message="missing distinct_id"
    ),
    refused("2xx but rejected", "mixpanel", 200, {"status": 0, "error": "token, missing"}, message="token, missing"),
    refused(
        "2xx but rejected",
        "linear",
        200,
        {"errors": [{"message": "Argument Validation Error"}]},
        event_type="dispute.opened",
        message="Argument Validation Error",
    ),
    later(
        "2xx but rejected",
        "windmill",
        200,
        {"error": {"name": "E", "message": "x is undefined"}},
        message="x is undefined",
    ),
    Case(
        "302 as success", "google_sheets", 302, "", {"Location": "https://script.googleusercontent.com/macros/echo?x=1"}
    ),
    later("302 as failure", "google_sheets", 302, "", {"Location": "https://accounts.google.com/ServiceLogin"}),
    later("302 as failure", "webhook", 302, "", {"Location": "https://example.com/elsewhere"}),
    later(
        "limits",
        "discord",
        429,
        {"message": "You are being rate limited.", "retry_after": 90.5, "global": False},
        wait=(90, 110),
    ),
    later("limits", "telegram", 429, {"ok": False, "parameters": {"retry_after": 100}}, wait=(100, 125)),
    later(
        "limits",
        "linear",
        400,
        {"errors": [{"message": "Rate limit", "extensions": {"code": "RATELIMITED"}}]},
        event_type="dispute.opened",
        wait=(60, 80),
    ),
    later("limits", "sendgrid", 429, "", {"Retry-After": "80"}, wait=(80, 100)),
    later(
        "limits", "github", 403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0"}, wait=(60, 80)
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox():
    opened = Sandbox(Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=1 << 16))
    await opened.start()
    yield opened
    await opened.close()


def response(case: Case) -> bytes:
    body = case.body if isinstance(case.body, str) else json.dumps(case.body)
    kind = "text/plain" if isinstance(case.body, str) else "application/json"
    head = [f"HTTP/1.1 {case.status} X", f"content-type: {kind}", f"content-length: {len(body.encode())}"]
    return "\r\n".join([*head, *(f"{name}: {value}" for name, value in case.headers.items()), "", body]).encode()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_the_destination_says_is_understood(case: Case, sandbox, tls_for, ca_file) -> None:
    card = CARDS[case.card]
    endpoint = replace(endpoint_for(card, card.default_code), secret=SECRET)
    message = a_message(SourceId("src_1"), body=sample_json(case.event_type).encode(), event_type=case.event_type)
    delivery = Delivery(
        "dlv_1",
        message.id,
        endpoint.id,
        PENDING,
        Trigger.EVENT,
        attempts=0,
        step=0,
        due_at=0,
        created_at=0,
        updated_at=0,
    )
    claimed = ClaimedDelivery(delivery, message, endpoint)
    address = urlsplit(endpoint.url)
    async with receiving(response(case), tls=tls_for(address.hostname)) as receiver:
        fixed = {(address.hostname, address.port or 443): ("127.0.0.1", receiver.port)}
        courier = Courier(AddressRules(), timeout=5, fixed=fixed, ca_file=ca_file)
        attempt = await Dispatcher(sandbox=sandbox, courier=courier, cards=CARDS).attempt(claimed, AttemptId("att_1"))
        await courier.aclose()
    ended_at = attempt.started_at + round(attempt.duration_ms)
    followed = decide_next(claimed, attempt, owner=ProcessId("p"), now=ended_at, jitter=0).ended

    assert attempt.outcome is case.outcome, attempt.error
    assert followed.state is case.state
    assert attempt.verdict is None or not attempt.verdict.findings, "the default code fits the contract"
    if case.message:
        assert attempt.error and case.message in attempt.error.message
    if case.state is FAILED:
        assert followed.attempt.because is RetryReason.POINTLESS
    if case.wait:
        least, most = case.wait
        assert least * 1000 <= followed.attempt.next_at - ended_at <= most * 1000
    [got] = receiver.got
    assert not any(value in str(attempt) for value in secrets(card)), "no secret is recorded"
    assert got.headers["host"].partition(":")[0] == address.hostname


def secrets(card) -> list[str]:
    values = credentials_for(card)
    return [values[each.name] for each in card.fields if each.kind == "secret" and values[each.name]]
