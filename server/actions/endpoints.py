"""Actions on an endpoint. Each is one transaction; a refusal names every field that must be corrected."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from server.actions import effects
from server.actions.endpoint_form import (
    EndpointForm,
    as_endpoint,
    conditions_of,
    credentials_of,
    name_problems,
    problems,
    url_of,
)
from server.actions.services import Services
from server.delivery.feed import Changed
from server.domain.audit import AuditAction, changes
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.endpoint_names import distinct, generated_name, is_generated
from server.domain.endpoints import DisabledBecause, Endpoint, UnreadableEndpoint
from server.domain.faults import unreadable_endpoint
from server.domain.health import HEALTHY
from server.domain.ids import ActivationId, EndpointId, MessageId, Millis, SourceId, VersionId, mint, unique
from server.domain.messages import Message, Origin
from server.domain.reasons import as_sentence
from server.domain.sentences import Invalid, Problem, say
from server.domain.signing import new_secret
from server.domain.stamps import Seen
from server.domain.starting_cases import starting_cases
from server.domain.versions import Activation, ActivationReason, VersionOrigin
from server.store import Store, Transaction, audit, deliveries, endpoints, messages, stopping, test_cases, versions
from server.store.stopping import ScheduleChange

MAX_ENDPOINTS_PER_SOURCE = 200
"""For each source."""


class Gone(Exception):
    """The endpoint was deleted after the page with this action was opened."""

    sentence = say("This endpoint was deleted in the meantime. Nothing was changed.")


class Stale(Exception):
    """Somebody else saved the same form since it was opened; ``now`` is the endpoint as they saved it."""

    def __init__(self, now: Endpoint) -> None:
        super().__init__(now.id)
        self.now = now


async def create(services: Services, source_id: SourceId, draft: EndpointForm, author: str = "") -> Endpoint:
    """Save a new endpoint with the test cases of its card, and activate its code as version 1. Raises ``Invalid``."""
    keep = await checked(services, draft, author)
    return told(services, await services.store.write(lambda tx: keep(tx, source_id)))


async def checked(
    services: Services, draft: EndpointForm, author: str = ""
) -> Callable[[Transaction, SourceId], Endpoint]:
    """What stores the new endpoint in a transaction, which may raise ``Invalid``. Raises ``Invalid`` for the form."""
    card = services.card(draft.card)
    if found := await problems(services, draft, card, {}):
        raise Invalid(*found)

    origin = VersionOrigin.CARD if draft.code == card.default_code else VersionOrigin.PAGE
    endpoint = as_endpoint(
        draft,
        card,
        mint(EndpointId),
        secret=new_secret(),
        author=author,
        origin=origin,
        now=services.now(),
    )
    cases = starting_cases(card, draft.code, draft.event_types) if endpoint.transforming else ()

    def keep(tx: Transaction, source_id: SourceId) -> Endpoint:
        if endpoints.count(tx, source_id) >= MAX_ENDPOINTS_PER_SOURCE:
            raise Invalid(
                Problem("", say("A source can have at most {limit} endpoints.", limit=MAX_ENDPOINTS_PER_SOURCE))
            )
        owned = replace(endpoint, source_id=source_id)
        stored = replace(owned, name=draft.name or _new_name(tx, services, owned))
        endpoints.insert(tx, stored)
        versions.record_activation(tx, first_activation(endpoint, author))
        test_cases.insert(tx, endpoint.id, cases, author, endpoint.created_at)
        return stored

    return keep


async def change(
    services: Services, endpoint: Endpoint, draft: EndpointForm, seen: Seen | None = None, author: str = ""
) -> Endpoint:
    """Save the form except for the transformation. An empty secret keeps the stored one.

    Raises ``Invalid``, and ``Stale`` when it was changed since ``seen``.
    """
    card = services.card(endpoint.card)
    stays = replace(draft, code="", transforming=False)  # the stored code was checked when it was saved
    if found := await problems(services, stays, card, endpoint.credentials):
        raise Invalid(*found)

    credentials = credentials_of(draft, card, endpoint.credentials)
    url = url_of(draft, card, credentials)
    name = await _changed_name(services, endpoint, draft, url)
    return await amend(
        services,
        endpoint.id,
        lambda now: replace(
            now,
            url=url,
            # A new URL or new credentials: earlier failures say nothing about this destination.
            health=now.health if (url, credentials) == (now.url, now.credentials) else HEALTHY,
            name=name,
            description=draft.description,
            destination=draft.destination,
            credentials=credentials,
            event_types=draft.event_types,
            conditions=conditions_of(draft),
            unreadable=now.unreadable - {"url", "credentials", "destination", "event_types", "conditions"},
        ),
        seen,
        author,
    )


def _new_name(tx: Transaction, services: Services, endpoint: Endpoint) -> str:
    """The generated name of an endpoint, which no other endpoint of its source has."""
    generated = generated_name(services.cards, endpoint.card, endpoint.description, endpoint.url)
    return distinct(generated, endpoints.names_in(tx, endpoint.source_id, endpoint.id))


async def _changed_name(services: Services, before: Endpoint, draft: EndpointForm, url: str) -> str:
    """The typed name. A generated one that nobody replaced follows the description and address."""
    generated = generated_name(services.cards, before.card, before.description, before.url)
    after = replace(before, description=draft.description, url=url)
    follows = draft.name == before.name and is_generated(draft.name, generated)
    if draft.name and not (follows and generated_name(services.cards, after.card, after.description, url) != generated):
        return draft.name
    return await services.store.read(lambda tx: _new_name(tx, services, after))


async def rename(services: Services, endpoint: Endpoint, name: str, author: str = "") -> Endpoint:
    """Change the name and nothing else; an empty one is generated anew. Raises ``Invalid``."""
    if found := list(name_problems(name)):
        raise Invalid(*found)
    named = name or await services.store.read(lambda tx: _new_name(tx, services, endpoint))
    return await amend(services, endpoint.id, lambda now: replace(now, name=named), author=author)


async def enable(services: Services, endpoint: Endpoint, author: str = "") -> Endpoint:
    """Enable the endpoint: new events are delivered again. Those missed meanwhile are in the log."""
    return await amend(
        services,
        endpoint.id,
        lambda now: replace(
            now,
            disabled=False,
            disabled_because=None,
            health=HEALTHY,
            unreadable=now.unreadable - {"disabled_because"},
        ),
        author=author,
    )


async def disable(services: Services, endpoint: Endpoint, author: str = "") -> Endpoint:
    """Disable the endpoint: stop its waiting deliveries and create no new ones."""

    def update(tx: Transaction) -> Endpoint:
        now = existing(tx, endpoint.id)
        disabled = replace(
            now,
            disabled=True,
            disabled_because=DisabledBecause.PERSON,
            updated_at=services.now(),
            unreadable=now.unreadable - {"disabled_because"},
        )
        endpoints.change(tx, disabled)
        audit.add(tx, now.id, AuditAction.DISABLED, author, services.now(), {"because": DisabledBecause.PERSON.value})
        deliveries.stop_all_of_endpoint(tx, endpoint.id, services.now())
        return disabled

    return told(services, await services.store.write(update))


async def send_example(services: Services, endpoint: Endpoint, event_type: str) -> MessageId:
    """Send the sample of an event type to this endpoint only, like a live event. Raises ``Invalid``."""
    if event_type not in EVENT_TYPES:
        raise Invalid(Problem("event_type", say("Select an event type.")))
    message = Message(
        id=mint(MessageId),
        source_id=endpoint.source_id,
        webhook_id=unique("example"),
        event_type=event_type,
        origin=Origin.EXAMPLE,
        body=sample_json(event_type).encode(),
        received_at=services.now(),
    )

    def update(tx: Transaction) -> None:
        now = existing(tx, endpoint.id)
        if now.disabled:
            raise Invalid(Problem("event_type", say("The endpoint is disabled. Enable it to send an example.")))
        check_whole(now, "event_type")
        messages.send_example(tx, message, endpoint.id)

    await services.store.write(update)
    services.worker.wake()
    return message.id


async def amend(
    services: Services,
    endpoint_id: EndpointId,
    changed: Callable[[Endpoint], Endpoint],
    seen: Seen | None = None,
    author: str = "",
) -> Endpoint:
    """Apply ``changed`` to the current endpoint and save it, so that two people do not undo each other's changes.

    The audit trail says that ``author`` did it; a change of the transformation's switch is an activation too.

    Raises ``Gone`` when it was deleted, and ``Stale`` when it was changed since ``seen``.
    """

    known = await survey(services.store, endpoint_id, changed)
    after, moved = await services.store.write(
        lambda tx: put(tx, unchanged_since(seen, existing(tx, endpoint_id)), changed, known, services.now(), author)
    )
    effects.moved.set(moved)
    if moved != ScheduleChange():
        services.worker.wake()
    return told(services, after)


def put(
    tx: Transaction,
    now: Endpoint,
    changed: Callable[[Endpoint], Endpoint],
    known: Mapping[MessageId, bool],
    at: Millis,
    author: str,
) -> tuple[Endpoint, ScheduleChange]:
    """As ``amend``, in an open transaction. ``now``: from ``existing``; ``known``: from ``survey``."""
    after = replace(changed(now), updated_at=at)
    endpoints.change(tx, after)
    for action, details in changes(now, after):
        audit.add(tx, now.id, action, author, at, details)
    if after.transforming != now.transforming:
        versions.record_activation(tx, switched(now, after, author))
    return after, stopping.follow_change(tx, now, after, known, at)


async def survey(
    store: Store, endpoint_id: EndpointId, changed: Callable[[Endpoint], Endpoint]
) -> Mapping[MessageId, bool]:
    """Whether each waiting message matches the new filter; ``{}`` when the filter does not change.

    Evaluated before the transaction that uses it, so that the writer is not blocked.
    """
    now = await store.read(lambda tx: endpoints.get(tx, endpoint_id))
    after = changed(now) if now else None
    if now is None or after is None or not after.conditions or now.conditions == after.conditions:
        return {}
    known: dict[MessageId, bool] = {}
    cursor = ""
    while True:
        found, cursor = await store.read(lambda tx, at=cursor: stopping.survey(tx, after, at))  # type: ignore[misc]
        if not found:
            return known
        known |= found


def told(services: Services, changed: Endpoint) -> Endpoint:
    """The endpoint, after telling open pages that it changed."""
    services.feed.publish(Changed(changed.source_id, None, changed.id))
    return changed


def existing(tx: Transaction, endpoint_id: EndpointId) -> Endpoint:
    found = endpoints.hold(tx, endpoint_id)
    if found is None:
        raise Gone
    return found


def check_whole(endpoint: Endpoint, field: str = "") -> None:
    """Raise ``Invalid`` when nothing can be sent to the endpoint because a part of it cannot be read."""
    if endpoint.unreadable:
        raise Invalid(Problem(field, as_sentence(unreadable_endpoint(UnreadableEndpoint(endpoint.unreadable)).reason)))


def unchanged_since(seen: Seen | None, now: Endpoint) -> Endpoint:
    """The endpoint. Raises ``Stale`` when a field of that form was changed since ``seen``."""
    if seen is not None and seen.is_stale(now):
        raise Stale(now)
    return now


def first_activation(endpoint: Endpoint, author: str) -> Activation:
    """The activation with which a new endpoint begins."""
    return Activation(
        id=mint(ActivationId),
        endpoint_id=endpoint.id,
        version_id=serving(endpoint),
        former_version_id=None,
        reason=ActivationReason.CREATED,
        author=author,
        note="",
        created_at=endpoint.created_at,
    )


def switched(before: Endpoint, after: Endpoint, author: str) -> Activation:
    """The activation that records that the transformation was enabled or disabled."""
    return Activation(
        id=mint(ActivationId),
        endpoint_id=after.id,
        version_id=serving(after),
        former_version_id=serving(before),
        reason=ActivationReason.SWITCHED_ON if after.transforming else ActivationReason.SWITCHED_OFF,
        author=author,
        note="",
        created_at=after.updated_at,
    )


def serving(endpoint: Endpoint) -> VersionId | None:
    """The version that runs on live events; ``None`` when the transformation is off."""
    return endpoint.version.id if endpoint.transforming and endpoint.version else None
