"""Controls of an endpoint's deliveries: retry schedule, limits, pause and resume, skipping a delivery."""

from dataclasses import dataclass, replace

from server.actions.endpoint_form import (
    EndpointForm,
    Pairs,
    header_problems,
    limit_of,
    problems,
    rate_limit_of,
    variable_problems,
)
from server.actions.endpoints import amend
from server.actions.services import NO_CARD, Services
from server.delivery.feed import Changed
from server.domain import schedules
from server.domain.endpoints import Controls, Destination, Endpoint
from server.domain.messages import Delivery
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.stamps import Seen
from server.store import Transaction, endpoints, queues

MAX_CONCURRENT_ATTEMPTS = 100


@dataclass(frozen=True, slots=True)
class Pacing:
    """The limits as typed; empty means no limit."""

    rate_limit: str = ""
    concurrency: str = ""
    ordered: bool = False

    @classmethod
    def of(cls, controls: Controls) -> "Pacing":
        return cls(_typed(controls.rate_limit), _typed(controls.concurrency), controls.ordered)


@dataclass(frozen=True, slots=True)
class Advanced:
    """The Advanced form as typed. It is saved as a whole, so that no part of the input is lost."""

    schedule: str
    pacing: Pacing
    headers: Pairs
    variables: Pairs
    transforming: bool
    destination: Destination
    enforce_contract: bool = False

    @classmethod
    def of(cls, endpoint: Endpoint) -> "Advanced":
        """The form of an existing endpoint."""
        return cls(
            schedules.written(endpoint.controls.schedule),
            Pacing.of(endpoint.controls),
            tuple(endpoint.headers.items()),
            tuple(endpoint.variables.items()),
            endpoint.transforming,
            endpoint.destination,
            endpoint.controls.enforce_contract,
        )


async def save_advanced(
    services: Services, endpoint: Endpoint, typed: Advanced, seen: Seen | None = None, author: str = ""
) -> Endpoint:
    """Save the whole form, or nothing of it.

    Raises ``Invalid`` with problems in the fields ``schedule``, ``rate_limit``, ``concurrency``, ``headers.<row>``,
    ``variables.<row>``, ``transforming`` and ``destination``; and ``Stale`` when it was changed since ``seen``.
    """
    schedule = schedules.read(typed.schedule)
    rate_limit = rate_limit_of(typed.pacing.rate_limit)
    concurrency = limit_of(typed.pacing.concurrency, MAX_CONCURRENT_ATTEMPTS)
    found = [
        Problem(field, value)
        for field, value in (("schedule", schedule), ("rate_limit", rate_limit), ("concurrency", concurrency))
        if isinstance(value, Sentence)
    ]
    found += [*header_problems(typed.headers), *variable_problems(typed.variables)]
    if typed.transforming and endpoint.version is None:
        found.append(Problem("transforming", say("Write the transformation before you enable it.")))
    found += await _destination_problems(services, endpoint, typed.destination)
    if found or isinstance(schedule, Sentence) or isinstance(rate_limit, Sentence) or isinstance(concurrency, Sentence):
        raise Invalid(*found)

    controls = Controls(schedule, rate_limit, concurrency, typed.pacing.ordered, typed.enforce_contract)
    changed = await amend(
        services,
        endpoint.id,
        lambda now: replace(
            now,
            controls=controls,
            headers=dict(typed.headers),
            variables=dict(typed.variables),
            transforming=typed.transforming,
            destination=typed.destination,
            unreadable=now.unreadable - {"schedule", "headers", "variables", "destination"},
        ),
        seen,
        author,
    )
    services.worker.wake()
    return changed


async def _destination_problems(services: Services, endpoint: Endpoint, destination: Destination) -> list[Problem]:
    """What is missing before requests can be sent; the problems are in the field ``destination``."""
    if destination is endpoint.destination or destination is Destination.CAPTURE:
        return []
    card = services.cards.get(endpoint.card)
    if card is None:
        return [Problem("destination", NO_CARD)]
    sending = replace(EndpointForm.of(endpoint), destination=destination, code="", transforming=False)
    found = await problems(services, sending, card, endpoint.credentials)
    return [Problem("destination", problem.sentence) for problem in found[:1]]


async def pause(services: Services, endpoint: Endpoint, author: str = "") -> Endpoint:
    """Pause the endpoint: start no more attempts. Arriving events and waiting deliveries are kept."""
    return await amend(services, endpoint.id, lambda now: replace(now, paused=True), author=author)


async def resume(services: Services, endpoint: Endpoint, author: str = "") -> Endpoint:
    """Resume the endpoint: its due deliveries start now, oldest first."""
    resumed = await amend(services, endpoint.id, lambda now: replace(now, paused=False), author=author)
    services.worker.wake()
    return resumed


async def skip(services: Services, delivery: Delivery) -> None:
    """Stop a waiting delivery, so that those behind it proceed. It can be sent again later. Raises ``Invalid``."""

    def update(tx: Transaction) -> Changed:
        endpoint = endpoints.get(tx, delivery.endpoint_id)
        if endpoint is None:
            raise Invalid(Problem("", say("The endpoint of this delivery was deleted.")))
        if not queues.skip(tx, delivery.id, services.now()):
            raise Invalid(Problem("", say("This delivery is no longer waiting, or an attempt is in progress.")))
        return Changed(endpoint.source_id, delivery.message_id, delivery.endpoint_id)

    changed = await services.store.write(update)
    services.worker.wake()
    services.feed.publish(changed)


def _typed(limit: int | None) -> str:
    return "" if limit is None else str(limit)
