"""Why a message has no delivery to some of its source's endpoints, as far as the stored data can tell."""

from dataclasses import dataclass

from server.domain.endpoints import objection
from server.domain.ids import EndpointId
from server.domain.messages import Message, Origin
from server.domain.payloads import Payload
from server.domain.sentences import Sentence, say
from server.store import Transaction, subscribers
from server.store.subscribers import Candidate
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An endpoint that did not get a message, and why."""

    endpoint_id: EndpointId
    name: str
    why: Sentence


def passed_over(tx: Transaction, here: Visit, message: Message, reached: set[str]) -> list[PassedOver]:
    """The source's endpoints that are not in ``reached``. None for an example, which goes to one endpoint only."""
    if message.origin is not Origin.RECEIVED:
        return []
    payload = Payload(message.body)
    every = subscribers.candidates(tx, here.services.cards, message.source_id)
    return [PassedOver(each.id, each.name, _why(each, message, payload)) for each in every if each.id not in reached]


def _why(endpoint: Candidate, message: Message, payload: Payload) -> Sentence:
    """The reason, judged by the endpoint's current settings: those of the time of receipt are not stored."""
    if endpoint.created_at > message.received_at:
        return say("It was created after this event arrived.")
    if against := objection(endpoint.event_types, endpoint.filter, message.event_type, payload):
        return against
    if endpoint.disabled:
        return say("It is disabled.")
    return say(
        "It would receive such an event now. When this one arrived, it was disabled or subscribed to other events."
    )
