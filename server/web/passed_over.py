"""Why a message has no delivery to some of its source's endpoints, as far as the stored data can tell."""

from dataclasses import dataclass

from server.domain.endpoint_names import endpoint_name
from server.domain.endpoints import Endpoint
from server.domain.messages import Message, Origin
from server.domain.payloads import Payload
from server.domain.sentences import Sentence, say
from server.store import Transaction, endpoints
from server.web.visit import Visit


@dataclass(frozen=True, slots=True)
class PassedOver:
    """An endpoint that did not get a message, and why."""

    endpoint: Endpoint
    name: str
    why: Sentence


def passed_over(tx: Transaction, here: Visit, message: Message, reached: set[str]) -> list[PassedOver]:
    """The source's endpoints that are not in ``reached``. None for an example, which goes to one endpoint only."""
    if message.origin is not Origin.RECEIVED:
        return []
    payload = Payload(message.body)
    others = [each for each in endpoints.of_source(tx, message.source_id) if each.id not in reached]
    return [PassedOver(each, _name(here, each), _why(each, message, payload)) for each in others]


def _why(endpoint: Endpoint, message: Message, payload: Payload) -> Sentence:
    """The reason, judged by the endpoint's current settings: those of the time of receipt are not stored."""
    if endpoint.created_at > message.received_at:
        return say("It was created after this event arrived.")
    if objection := endpoint.objection(message.event_type, payload):
        return objection
    if endpoint.disabled:
        return say("It is disabled.")
    return say(
        "It would receive such an event now. When this one arrived, it was disabled or subscribed to other events."
    )


def _name(here: Visit, endpoint: Endpoint) -> str:
    return endpoint_name(here.services.cards, endpoint.card, endpoint.description, endpoint.url)
