"""Really sends one request of a typed form, so that a person sees the destination's response before creating anything.

The path is that of a live event: the same code, limits and address rules. What differs: nothing is stored, nothing is
retried, and a new endpoint's signature is made with a secret that nobody keeps.
"""

from dataclasses import dataclass, replace
from time import perf_counter

import structlog

from server.actions.endpoint_form import EndpointForm, as_endpoint, credential_problems, credentials_of, url_problems
from server.actions.services import Services
from server.actions.trials import TestRun, check_runnable, shown_run
from server.delivery.courier import Blocked, Responded, Sent, Unreachable
from server.delivery.dispatch import REJECTED, explained, signed
from server.delivery.prepare import ReadyToSend, prepare, unsent_event
from server.domain.cards import Card
from server.domain.endpoints import URL_NOT_SET, Destination, Endpoint
from server.domain.ids import EndpointId, UserId, unique
from server.domain.masking import Masker, masker_of
from server.domain.messages import AttemptError, ReceivedResponse
from server.domain.payloads import Payload
from server.domain.readings import Reading
from server.domain.sentences import Invalid, Problem, say
from server.domain.signing import new_secret

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SentTest:
    """The result of a sent test. Secrets are masked."""

    run: TestRun
    """What the code made of the event. When it cancelled or failed, nothing was sent."""
    response: ReceivedResponse | None = None
    error: AttemptError | None = None
    """Why there is no response, or not all of it."""
    ms: float = 0.0
    reading: Reading | None = None
    """What the response means by the card's contract; ``None`` without a contract."""

    @property
    def is_sent(self) -> bool:
        return self.response is not None or self.error is not None

    @property
    def is_success(self) -> bool:
        if self.reading:
            return not self.reading.rejected
        return self.response is not None and 200 <= self.response.status < 300


async def send_test(
    services: Services,
    user_id: UserId,
    draft: EndpointForm,
    event_type: str,
    payload: str,
    *,
    endpoint: Endpoint | None = None,
) -> SentTest:
    """Run the draft on the payload and send the request once. ``endpoint``: the one being edited.

    Raises ``Invalid`` when there is nothing to send: a bad field, capturing, or too many tests in a minute.
    """
    card = services.card(draft.card)
    check_runnable(draft, payload)
    if draft.destination is Destination.CAPTURE:
        text = say("The destination is set to Capture, so nothing is sent. Select Send to send a test.")
        raise Invalid(Problem("destination", text))
    kept = endpoint.credentials if endpoint else {}
    if endpoint is None:
        credentials = credentials_of(draft, card, kept)
        wrong = [*url_problems(draft, card, services.rules)]
        wrong += credential_problems(card, credentials, draft.destination)
        if wrong:
            raise Invalid(*wrong)
    tried = as_endpoint(
        draft,
        card,
        endpoint.id if endpoint else EndpointId(unique("draft")),
        stored_credentials=kept,
        secret=endpoint.secret if endpoint else new_secret(),
    )
    with services.bounds.one(user_id, services.now()):
        sent = await _send(services, tried, event_type, payload.encode("utf-8", "replace"))
    log.info(
        "test.sent",
        card=card.name,
        user_id=user_id,
        endpoint_id=endpoint.id if endpoint else None,
        event_type=event_type,
        sent=sent.is_sent,
        success=sent.is_success,
        status=sent.response.status if sent.response else None,
        error=sent.error.kind if sent.error else None,
    )
    return sent


async def _send(services: Services, endpoint: Endpoint, event_type: str, body: bytes) -> SentTest:
    card = services.cards.get(endpoint.card)
    event = replace(unsent_event(event_type, body), id=unique("msg_test"), timestamp=services.now() // 1000)
    prepared = await prepare(endpoint, event, sandbox=services.sandbox, cards=services.cards)
    run = shown_run(prepared, endpoint, event, card, services.rules)
    run = replace(run, objection=endpoint.objection(event_type, Payload(body)))
    if not isinstance(prepared, ReadyToSend) or run.error or prepared.request.url == URL_NOT_SET:
        return SentTest(run)
    masker, started = masker_of(endpoint, card), perf_counter()
    request = signed(prepared.request, endpoint, event.id)
    sent: Sent = await services.courier.send(request, endpoint=endpoint.id)
    ms = (perf_counter() - started) * 1000
    match sent:
        case Responded(response, error=error):
            reading = _read(card, response, services, masker)
            if reading and reading.rejected and (why := explained(response.status, reading)):
                error = AttemptError(REJECTED, why)
            return SentTest(run, masker.response(response), masker.error(error), ms, reading)
        case Unreachable(error) | Blocked(error):
            return SentTest(run, None, masker.error(error), ms)


def _read(card: Card | None, response: ReceivedResponse, services: Services, masker: Masker) -> Reading | None:
    if card is None or card.contract is None:
        return None
    try:
        return card.contract.read(response, services.now(), masker.text)
    except Exception:  # the status is shown all the same
        log.exception("test.response_not_read", card=card.name, status=response.status)
        return None
