"""What can be done with an endpoint. Each action is one transaction; a refusal names every field that needs mending."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from server.actions import effects
from server.actions.drafts import (
    Draft,
    as_endpoint,
    code_problems,
    conditions_of,
    credentials_of,
    problems,
    url_of,
    variable_problems,
)
from server.actions.workbench import Workbench
from server.delivery.feed import Changed
from server.domain.catalog import EVENT_TYPES, sample_json
from server.domain.endpoints import DisabledBecause, Endpoint, UnreadableEndpoint, Version
from server.domain.faults import unreadable_endpoint
from server.domain.health import HEALTHY
from server.domain.ids import EndpointId, MessageId, SourceId, VersionId, mint, unique
from server.domain.messages import Message, Origin
from server.domain.reasons import as_sentence
from server.domain.sentences import Problem, Refused, say
from server.domain.signing import new_secret
from server.domain.stamps import Seen
from server.store import Transaction, deliveries, endpoints, messages, stopping
from server.store.stopping import Moved

MOST_ENDPOINTS = 200
"""For each source."""


class Gone(Exception):
    """The endpoint was deleted after the page was shown that an action was asked for on."""

    sentence = say("This endpoint was deleted in the meantime. Nothing was changed.")


class Stale(Exception):
    """Somebody else saved the same form since it was opened; ``now`` is the endpoint as they left it."""

    def __init__(self, now: Endpoint) -> None:
        super().__init__(now.id)
        self.now = now


async def create(bench: Workbench, source_id: SourceId, draft: Draft) -> Endpoint:
    """Keep a new endpoint, its code as version 1. Raises ``Refused``."""
    card = bench.cards[draft.card]
    if found := await problems(bench, draft, card, {}):
        raise Refused(*found)

    endpoint = as_endpoint(draft, card, mint(EndpointId), source_id, secret=new_secret(), now=bench.now())

    def keep(tx: Transaction) -> None:
        if endpoints.count(tx, source_id) >= MOST_ENDPOINTS:
            raise Refused(Problem("", say("A source can have at most {limit} endpoints.", limit=MOST_ENDPOINTS)))
        endpoints.insert(tx, endpoint)

    await bench.store.write(keep)
    return _told(bench, endpoint)


async def change(bench: Workbench, endpoint: Endpoint, draft: Draft, seen: Seen | None = None) -> Endpoint:
    """Keep everything of the form but the transformation. An empty secret keeps the stored one.

    Raises ``Refused``, and ``Stale`` when it was changed since ``seen``.
    """
    card = bench.cards[endpoint.card]
    stays = replace(draft, code="", transforming=False)  # what is kept already was checked when it was saved
    if found := await problems(bench, stays, card, endpoint.credentials):
        raise Refused(*found)

    credentials = credentials_of(draft, card, endpoint.credentials)
    url = url_of(draft, card, credentials)
    return await amend(
        bench,
        endpoint.id,
        lambda now: replace(
            now,
            url=url,
            # Somewhere else, or as somebody else: what failed before says nothing about it.
            health=now.health if (url, credentials) == (now.url, now.credentials) else HEALTHY,
            description=draft.description,
            destination=draft.destination,
            credentials=credentials,
            event_types=draft.event_types,
            conditions=conditions_of(draft),
            unreadable=now.unreadable - {"url", "credentials", "destination", "event_types", "conditions"},
        ),
        seen,
    )


async def save_code(
    bench: Workbench, endpoint: Endpoint, draft: Draft, seen: Seen | None = None
) -> tuple[Endpoint, bool]:
    """Keep the transformation: code, variables and switch. True when the code differs and so became a new version.

    Raises ``Refused``, and ``Stale`` when it was changed since ``seen``.
    """
    if found := [*await code_problems(bench, draft), *variable_problems(draft.variables)]:
        raise Refused(*found)

    def keep(tx: Transaction) -> tuple[Endpoint, bool]:
        now = unchanged_since(seen, existing(tx, endpoint.id))
        changed = replace(
            now,
            variables=dict(draft.variables),
            transforming=draft.transforming,
            updated_at=bench.now(),
            unreadable=now.unreadable - {"variables"},
        )
        endpoints.change(tx, changed)
        if not draft.code.strip() or (now.version and now.version.code == draft.code):
            return changed, False
        return replace(changed, version=_next_version(bench, tx, endpoint.id, draft.code)), True

    changed, made_version = await bench.store.write(keep)
    return _told(bench, changed), made_version


async def restore_version(bench: Workbench, endpoint: Endpoint, version_id: VersionId) -> Version:
    """Put an old version's code in force as a new version: the history only grows, and attempts keep their numbers."""

    def keep(tx: Transaction) -> Version:
        now, old = existing(tx, endpoint.id), endpoints.version(tx, version_id)
        if old is None or old.endpoint_id != endpoint.id:
            raise Refused(Problem("", say("This version does not exist.")))
        if now.version and now.version.code == old.code:
            return now.version
        return _next_version(bench, tx, endpoint.id, old.code)

    version = await bench.store.write(keep)
    _told(bench, endpoint)
    return version


async def enable(bench: Workbench, endpoint: Endpoint) -> Endpoint:
    """From now on events are delivered again; those of the meantime are in the log."""
    return await amend(
        bench,
        endpoint.id,
        lambda now: replace(
            now,
            disabled=False,
            disabled_because=None,
            health=HEALTHY,
            unreadable=now.unreadable - {"disabled_because"},
        ),
    )


async def disable(bench: Workbench, endpoint: Endpoint) -> Endpoint:
    """Nothing more is delivered, and what waits is stopped."""

    def keep(tx: Transaction) -> Endpoint:
        now = existing(tx, endpoint.id)
        disabled = replace(
            now,
            disabled=True,
            disabled_because=DisabledBecause.PERSON,
            updated_at=bench.now(),
            unreadable=now.unreadable - {"disabled_because"},
        )
        endpoints.change(tx, disabled)
        deliveries.stop_endpoint(tx, endpoint.id, bench.now())
        return disabled

    return _told(bench, await bench.store.write(keep))


async def remove(bench: Workbench, endpoint: Endpoint) -> None:
    """Wipe the endpoint's secrets and stop what waits. Its past attempts stay in the log."""

    def keep(tx: Transaction) -> None:
        endpoints.remove(tx, endpoint.id, bench.now())
        deliveries.stop_endpoint(tx, endpoint.id, bench.now())

    await bench.store.write(keep)
    _told(bench, endpoint)


async def send_example(bench: Workbench, endpoint: Endpoint, event_type: str) -> MessageId:
    """Send the sample of an event type to this endpoint alone, on the way that live events take. Raises ``Refused``."""
    if event_type not in EVENT_TYPES:
        raise Refused(Problem("event_type", say("Select an event type.")))
    message = Message(
        id=mint(MessageId),
        source_id=endpoint.source_id,
        webhook_id=unique("example"),
        event_type=event_type,
        origin=Origin.EXAMPLE,
        body=sample_json(event_type).encode(),
        received_at=bench.now(),
    )

    def keep(tx: Transaction) -> None:
        now = existing(tx, endpoint.id)
        if now.disabled:
            raise Refused(Problem("event_type", say("The endpoint is disabled. Enable it to send an example.")))
        check_whole(now, "event_type")
        messages.send_example(tx, message, endpoint.id)

    await bench.store.write(keep)
    bench.worker.wake()
    return message.id


async def amend(
    bench: Workbench, endpoint_id: EndpointId, changed: Callable[[Endpoint], Endpoint], seen: Seen | None = None
) -> Endpoint:
    """Keep what ``changed`` makes of the endpoint as it is now, so that two people do not undo each other.

    Raises ``Gone``, as everything does that is done with one endpoint; ``Stale`` when it was changed since ``seen``.
    """

    known = await _survey(bench, endpoint_id, changed)

    def keep(tx: Transaction) -> tuple[Endpoint, Moved]:
        now = unchanged_since(seen, existing(tx, endpoint_id))
        after = replace(changed(now), updated_at=bench.now())
        endpoints.change(tx, after)
        return after, stopping.follow_change(tx, now, after, known, after.updated_at)

    after, moved = await bench.store.write(keep)
    effects.moved.set(moved)
    if moved != Moved():
        bench.worker.wake()
    return _told(bench, after)


async def _survey(
    bench: Workbench, endpoint_id: EndpointId, changed: Callable[[Endpoint], Endpoint]
) -> Mapping[MessageId, bool]:
    """Whether what waits fits a new filter, looked at ahead of the transaction that decides by it."""
    now = await bench.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    after = changed(now) if now else None
    if now is None or after is None or not after.conditions or now.conditions == after.conditions:
        return {}
    known: dict[MessageId, bool] = {}
    cursor = ""
    while True:
        found, cursor = await bench.store.read(lambda tx, at=cursor: stopping.survey(tx, after, at))  # type: ignore[misc]
        if not found:
            return known
        known |= found


def _told(bench: Workbench, changed: Endpoint) -> Endpoint:
    """Let the pages about it that are open show what it is now."""
    bench.feed.publish(Changed(changed.source_id, None, changed.id))
    return changed


def existing(tx: Transaction, endpoint_id: EndpointId) -> Endpoint:
    found = endpoints.hold(tx, endpoint_id)
    if found is None:
        raise Gone
    return found


def check_whole(endpoint: Endpoint, field: str = "") -> None:
    """Raises ``Refused`` for an endpoint to which nothing can be sent since some of it cannot be read."""
    if endpoint.unreadable:
        raise Refused(Problem(field, as_sentence(unreadable_endpoint(UnreadableEndpoint(endpoint.unreadable)).reason)))


def unchanged_since(seen: Seen | None, now: Endpoint) -> Endpoint:
    """The endpoint. Raises ``Stale`` when it was changed since ``seen`` in what that form shows."""
    if seen is not None and seen.is_stale(now):
        raise Stale(now)
    return now


def _next_version(bench: Workbench, tx: Transaction, endpoint_id: EndpointId, code: str) -> Version:
    # The number is given by the store.
    return endpoints.save_version(tx, Version(mint(VersionId), endpoint_id, 0, code, bench.now()))
