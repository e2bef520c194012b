"""Each family of destinations on loopback: its card's own code and contract, through the real sandbox and worker.

The receivers respond with the statuses, bodies and headers of the destinations, over TLS and under their names.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from builders import an_endpoint
from card_checks import endpoint_for
from cards import BUILT_IN
from receivers import receiving
from working import working

from server.domain.catalog import sample_json
from server.domain.endpoints import Controls
from server.domain.messages import AttemptOutcome, DeliveryState, RetryReason
from server.domain.verdicts import Grade
from server.sandbox import Limits, Sandbox
from server.store import endpoints

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARDS = BUILT_IN
DELIVERED, FAILED, WAITS = DeliveryState.SUCCEEDED, DeliveryState.FAILED, DeliveryState.PENDING
POINTLESS, SCHEDULE, RETRY_AFTER = RetryReason.POINTLESS, RetryReason.SCHEDULE, RetryReason.RETRY_AFTER
MINUTE = 60_000


@dataclass(frozen=True)
class Case:
    card: str
    status: int
    body: Any
    state: DeliveryState
    says: str = ""
    """What the attempt's error ends with."""
    because: RetryReason | None = None
    headers: tuple[str, ...] = ()
    event_type: str = "payment.succeeded"

    def raw(self) -> bytes:
        body = self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()
        soon = str(int(time.time() * 1000) + 150_000)
        lines = "".join(f"{header}\r\n".replace(SOON, soon) for header in self.headers)
        return f"HTTP/1.1 {self.status} X\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


NO_SUCH_TEAM = {"errors": [{"message": "Entity not found", "extensions": {"userPresentableMessage": "No such team."}}]}
BLOCKED = {"ok": False, "error_code": 403, "description": "Forbidden: bot was kicked from the group chat"}
FLOOD = {
    "ok": False, "error_code": 429, "description": "Too Many Requests: retry after 150",
    "parameters": {"retry_after": 150},
}  # fmt: skip
LIMITED = {"errors": [{"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}]}
SOON = "{soon}"
"""In a header: a time 150 s after the request, in Unix milliseconds."""

CASES = [
    # chat
    Case("slack", 200, "ok", DELIVERED),
    Case("slack", 200, "invalid_payload", FAILED, "but rejected the event: invalid_payload", POINTLESS),
    Case("slack", 404, "no_service", WAITS, "responded 404: no_service", SCHEDULE),
    Case("discord", 200, {"id": "1"}, DELIVERED),
    Case("discord", 404, {"message": "Unknown Webhook", "code": 10015}, FAILED, "404: Unknown Webhook", POINTLESS),
    Case("discord", 429, {"message": "You are being rate limited.", "retry_after": 150.25, "global": False}, WAITS,
         "429: You are being rate limited.", RETRY_AFTER),
    Case("telegram", 200, {"ok": True, "result": {}}, DELIVERED),
    Case("telegram", 403, BLOCKED, WAITS, "403: Forbidden: bot was kicked from the group chat", SCHEDULE),
    Case("telegram", 429, FLOOD, WAITS, "429: Too Many Requests: retry after 150", RETRY_AFTER),
    # e-mail and marketing
    Case("resend", 200, {"id": "1"}, DELIVERED),
    Case("resend", 422, {"statusCode": 422, "name": "missing_required_field", "message": "Missing `to` field."},
         FAILED, "422: Missing `to` field.", POINTLESS),
    Case("resend", 429, {"name": "rate_limit_exceeded", "message": "Too many requests."}, WAITS,
         "429: Too many requests.", RETRY_AFTER, ("ratelimit-reset: 150",)),
    Case("customer_io", 200, {}, DELIVERED),
    Case("customer_io", 401, {"meta": {"error": "unauthorized"}}, WAITS, "401: unauthorized", SCHEDULE),
    # CRM
    Case("hubspot", 200, {"status": "COMPLETE", "results": []}, DELIVERED),
    Case("hubspot", 207, {"status": "COMPLETE", "errors": [{"message": "Property values were not valid"}]}, FAILED,
         "but rejected the event: Property values were not valid", POINTLESS),
    # analytics
    Case("posthog", 200, {"status": 1}, DELIVERED),
    Case("posthog", 200, {"status": 0, "error": "no distinct_id"}, FAILED, "rejected the event: no distinct_id",
         POINTLESS),
    Case("segment", 200, {"success": True}, DELIVERED),
    Case("segment", 429, "", WAITS, "", RETRY_AFTER, ("x-ratelimit-reset: 150",)),
    # automation and developer tools
    Case("google_sheets", 302, "", DELIVERED, headers=("location: https://script.googleusercontent.com/macros/echo",)),
    Case("google_sheets", 302, "", WAITS, "responded 302.", SCHEDULE,
         headers=("location: https://accounts.google.com/ServiceLogin",)),
    Case("google_sheets", 200, "<html>Script function not found: doPost</html>", WAITS, "rejected the event.",
         SCHEDULE),
    Case("linear", 200, {"data": {"issueCreate": {"success": True}}}, DELIVERED, event_type="dispute.opened"),
    Case("linear", 200, NO_SUCH_TEAM, FAILED, "but rejected the event: No such team.", POINTLESS,
         event_type="dispute.opened"),
    Case("linear", 400, LIMITED, WAITS, "400: Rate limit exceeded", RETRY_AFTER,
         (f"x-ratelimit-requests-reset: {SOON}",), event_type="dispute.opened"),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> Any:
    opened = Sandbox(Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=1 << 16, workers=1))
    await opened.start()
    yield opened
    await opened.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.card}-{case.status}-{case.state}")
async def test_a_response_reads_as_the_destination_means_it(case, store, sandbox, tls_for, ca_file):
    card = CARDS[case.card]
    made = endpoint_for(card, card.default_code)
    host = urlsplit(made.url).hostname
    async with receiving(case.raw(), tls=tls_for(host)) as receiver:
        fixed = {(host, 443): ("127.0.0.1", receiver.port)}
        async with working(store, sandbox, cards=CARDS, fixed=fixed, ca_file=ca_file) as b:
            endpoint = an_endpoint(
                b.source,
                card.default_code,
                card=card.name,
                url=made.url,
                credentials=made.credentials,
                controls=Controls(schedule=(0, 100_000)),
            )
            await b.store.write(lambda tx: endpoints.insert(tx, endpoint))
            body = json.loads(sample_json(case.event_type)) | {"timestamp": datetime.now(UTC).isoformat()}
            message = await b.event(event_type=case.event_type, body=json.dumps(body).encode())
            [attempt] = await b.attempted(message)
            [delivery] = await b.deliveries(message)
    assert len(receiver.got) == 1
    assert attempt.verdict.grade is not Grade.ERRORS, attempt.verdict
    assert (delivery.state, attempt.because) == (case.state, case.because)
    assert attempt.outcome is (AttemptOutcome.SUCCEEDED if case.state is DELIVERED else AttemptOutcome.REJECTED)
    assert (attempt.error.message if attempt.error else "").endswith(case.says)
    if case.because is RETRY_AFTER:
        assert 2 * MINUTE < attempt.next_at - attempt.started_at < 4 * MINUTE
