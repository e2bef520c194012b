"""One way up to the send, through the real sandbox: rules are kept, secrets are masked, the final bytes are signed."""

import base64
import json
from pathlib import Path

import pytest
from builders import SECRET, a_message, an_endpoint
from cards import BUILT_IN
from receivers import receiving
from standardwebhooks.webhooks import Webhook as Verifier

from server.delivery.courier import Courier
from server.delivery.dispatch import Dispatcher
from server.delivery.prepare import ReadyToSend, as_shown, prepare, unsent_event
from server.domain.addresses import AddressRules
from server.domain.catalog import sample_json
from server.domain.endpoints import Destination
from server.domain.ids import AttemptId, SourceId
from server.domain.messages import AttemptOutcome, Delivery, DeliveryState, Trigger
from server.domain.requests import FinishedRequest
from server.domain.transformations import Cancelled, TransformFailed
from server.domain.warnings import WarningKind, warn
from server.sandbox import Limits, Sandbox, Unavailable
from server.store.deliveries import ClaimedDelivery

SOURCE = SourceId("src_1")
CARDS = BUILT_IN
SEED = Path(__file__).parent.parent / "fixtures/seed/track_payments.js"
CREDENTIALS = {"site_id": "0123456789abcdef0123", "api_key": "abcdef0123456789abcd", "region": "us"}
BODY = b'{"type": "a.b", "n": 1.0}'


@pytest.fixture
async def sandbox():
    opened = Sandbox(Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=1 << 16))
    await opened.start()
    yield opened
    await opened.close()


def claimed(endpoint, body=BODY, event_type="a.b", **changes):
    message = a_message(SOURCE, body=body, event_type=event_type)
    values = {"state": DeliveryState.PENDING, "trigger": Trigger.EVENT, "attempts": 2, "step": 1, "due_at": 0}
    delivery = Delivery("dlv_1", message.id, endpoint.id, **values | changes, created_at=0, updated_at=0)
    return ClaimedDelivery(delivery, message, endpoint)


async def prepared(sandbox, endpoint, body=BODY):
    return await prepare(endpoint, unsent_event("a.b", body), sandbox=sandbox, cards=CARDS)


async def test_the_seeds_code_reaches_customer_io_with_its_credentials(sandbox, tls_for, ca_file):
    endpoint = an_endpoint(
        SOURCE,
        SEED.read_bytes().decode(),
        card="customer_io",
        credentials=CREDENTIALS,
        url="https://track.customer.io/",
    )
    async with receiving(tls=tls_for("track.customer.io")) as receiver:
        fixed = {("track.customer.io", 443): ("127.0.0.1", receiver.port)}
        courier = Courier(AddressRules(), timeout=5, fixed=fixed, ca_file=ca_file)
        work = claimed(endpoint, sample_json("payment.succeeded").encode(), "payment.succeeded")
        attempt = await Dispatcher(sandbox=sandbox, courier=courier, cards=CARDS).attempt(work, AttemptId("att_1"))
        await courier.aclose()

    got = receiver.got[0]
    pair = f"{CREDENTIALS['site_id']}:{CREDENTIALS['api_key']}"
    assert got.line == "POST /api/v2/entity HTTP/1.1"
    assert got.headers["authorization"] == "Basic " + base64.b64encode(pair.encode()).decode()
    assert json.loads(got.body)["action"] == "payment_completed"
    Verifier(SECRET).verify(got.body, got.headers)
    assert (attempt.outcome, attempt.number) == (AttemptOutcome.SUCCEEDED, 3)
    assert attempt.request.body == got.body
    assert CREDENTIALS["api_key"] not in str(attempt)


async def test_while_the_transformation_is_off_the_received_bytes_are_sent(sandbox):
    endpoint = an_endpoint(SOURCE, "throw 1", transforming=False, headers={"X-A": "1"})
    ready = await prepared(sandbox, endpoint, b"\xef\xbb\xbf" + BODY)
    assert isinstance(ready, ReadyToSend)
    assert (ready.request.url, ready.request.body) == (endpoint.url, b"\xef\xbb\xbf" + BODY)
    assert (ready.request.header("x-a"), ready.ms) == ("1", None)


async def test_null_cancels(sandbox):
    assert isinstance(await prepared(sandbox, an_endpoint(SOURCE, "function handler() { return null }")), Cancelled)


async def test_code_that_throws_names_its_line(sandbox):
    failed = await prepared(sandbox, an_endpoint(SOURCE, "function handler(w) {\n  return w.payload.a.b\n}"))
    assert isinstance(failed, TransformFailed)
    assert (failed.error.kind, failed.error.line) == ("threw", 2)


async def test_a_rule_that_code_breaks_is_its_failure_with_its_console(sandbox):
    code = "function handler(w) { console.log('hi'); w.headers['Content-Length'] = '1'; return w }"
    failed = await prepared(sandbox, an_endpoint(SOURCE, code))
    assert isinstance(failed, TransformFailed)
    assert failed.error.message == "The header Content-Length is reserved: Hookbench or the connection sets it."
    assert [line.text for line in failed.console] == ["hi"]


async def test_a_url_that_code_sets_passes_the_guard(sandbox):
    code = "function handler(w) { w.url = 'http://127.0.0.1:1/'; return w }"
    courier = Courier(AddressRules(), timeout=5)
    dispatcher = Dispatcher(sandbox=sandbox, courier=courier, cards=CARDS)
    attempt = await dispatcher.attempt(claimed(an_endpoint(SOURCE, code)), AttemptId("att_1"))
    await courier.aclose()
    assert (attempt.outcome, attempt.error.kind) == (AttemptOutcome.BLOCKED, "address")
    assert attempt.request.url == "http://127.0.0.1:1/"


async def test_in_capture_mode_the_finished_request_is_kept_and_signed(sandbox):
    endpoint = an_endpoint(SOURCE, "handler = (w) => ({ ...w, payload: 'plain' })", destination=Destination.CAPTURE)
    courier = Courier(AddressRules(), timeout=5)
    dispatcher = Dispatcher(sandbox=sandbox, courier=courier, cards=CARDS)
    attempt = await dispatcher.attempt(claimed(endpoint), AttemptId("att_1"))
    await courier.aclose()
    assert (attempt.outcome, attempt.request.body) == (AttemptOutcome.CAPTURED, b"plain")
    assert dict(attempt.request.headers)["webhook-signature"].startswith("v1,")


def test_a_url_that_is_a_key_is_not_shown():
    request = FinishedRequest("POST", "https://hooks.slack.com/services/T0/B0/secret?x=secret", {}, b"")
    assert as_shown(request, CARDS["slack"]).url == "https://hooks.slack.com/••••••••"
    assert as_shown(request, CARDS["webhook"]).url == "https://hooks.slack.com/••••••••"  # whatever the card
    plain = FinishedRequest("POST", "https://example.com/services/T0?x=1", {}, b"")
    assert as_shown(plain, CARDS["webhook"]).url == plain.url


async def test_a_sandbox_that_cannot_run_is_no_attempt(sandbox):
    """The worker then gives the delivery back: no attempt is burnt, and the code is not blamed."""
    await sandbox.close()
    courier = Courier(AddressRules(), timeout=5)
    dispatcher = Dispatcher(sandbox=sandbox, courier=courier, cards=CARDS)
    with pytest.raises(Unavailable):
        await dispatcher.attempt(claimed(an_endpoint(SOURCE, "const handler = w => w")), AttemptId("att_1"))
    await courier.aclose()


async def test_warnings_of_the_run_and_of_the_request_are_in_the_attempt(sandbox):
    code = "const handler = w => { Promise.reject(1); w.headers.a = 'Bearer ' + w.env.KEY; return w }"
    endpoint = an_endpoint(SOURCE, code, destination=Destination.CAPTURE)
    courier = Courier(AddressRules(), timeout=5)
    attempt = await Dispatcher(sandbox=sandbox, courier=courier, cards=CARDS).attempt(
        claimed(endpoint), AttemptId("att_1")
    )
    await courier.aclose()
    assert [warning.kind for warning in attempt.warnings] == [WarningKind.REJECTION, WarningKind.VARIABLE_IN_HEADER]


async def test_code_that_fails_at_a_missing_variable_is_told_which(sandbox):
    failed = await prepared(sandbox, an_endpoint(SOURCE, "const handler = w => w.env.KEY.trim()"))
    assert isinstance(failed, TransformFailed)
    assert failed.warnings == (warn(WarningKind.MISSING_VARIABLE, name="KEY"),)
