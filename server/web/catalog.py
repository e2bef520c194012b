"""The event catalog: every event type of Dodo Payments, with schema and sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.actions import drift as actions
from server.domain.activity import DAY_MS, Counts, Size
from server.domain.catalog import EVENT_TYPES, GROUPS, EventType, Group, sample_json
from server.domain.drift import Drift, DriftCounts, DriftKind, Observation, counts, drifts
from server.domain.ids import Millis
from server.domain.sentences import say
from server.store import Transaction, activity, observations
from server.web import forms
from server.web.errors import NotFound
from server.web.i18n import gettext
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here

router = source_pages()

MAX_EVENT_TYPE = 128
RECENT_DAYS = 30
MAX_DIFFERENCES = 200
"""Most differences of one event type that are shown."""


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a schema's tree."""

    name: str
    kind: str
    """Such as ``string``, ``integer or null``, ``array of object``."""
    required: bool
    description: str
    choices: Sequence[str]
    """The only allowed values; empty when any value is allowed."""
    properties: Sequence["Property"]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the event catalog shows."""

    q: str
    groups: Sequence[tuple[Group, Sequence[EventType]]]
    unknown: Sequence[Drift]
    """Event types that came and that the catalog lacks."""
    differences: Mapping[str, DriftCounts]
    """By event type."""
    received: Mapping[str, int]
    """How many messages of each event type the source received in ``RECENT_DAYS``."""
    active: str = "events"


@dataclass(frozen=True, slots=True)
class EventTypePage:
    """What the page of an event type shows."""

    event_type: EventType
    group: Group
    properties: Sequence[Property]
    sample: str
    before: str | None
    after: str | None
    """The names of the event types before and after this one in the catalog."""
    observed: Observation | None
    """What real events of this type had; ``None`` before the first."""
    differences: Sequence[Drift]
    """How they differ from the catalog."""
    received: int
    """How many messages of this type the source received in ``RECENT_DAYS``."""
    by_day: Sequence[tuple[int, int]]
    """For ``ui.sparkline``: how many on each of these days."""
    active: str = "events"


@router.get("/events")
async def index(request: Request, here: Here, q: str = "") -> Response:
    since, until = _recent(here.services.now())

    def query(tx: Transaction) -> tuple[list[Drift], dict[str, int]]:
        by_type = activity.by_event_type(tx, here.source.id, Size.DAY, since, until)
        found = [each for one in observations.all_of(tx) for each in drifts(one)]  # many: in the reader's thread
        return found, {name: of_type.received for name, of_type in by_type.items()}

    found, received = await here.services.store.read(query)
    unknown = [each for each in found if each.kind is DriftKind.NEW_EVENT_TYPE]
    values = Catalog(q=q, groups=_matching(q), unknown=unknown, differences=counts(found), received=received)
    return page(request, "events/list.html", here, values, block="found")


@router.post("/events/forget")
async def forget(request: Request, here: Here) -> Response:
    """Forget what real events of a type had."""
    name = (await forms.read(request)).text("event_type")[:MAX_EVENT_TYPE]
    await actions.forget(here.services, name)
    return redirect(here.to(f"/events/{name}" if name in EVENT_TYPES else "/events"), "observation-forgotten", request)


@router.get("/events/{name}")
async def show(request: Request, here: Here, name: str) -> Response:
    event_type = _find(name)
    names = list(EVENT_TYPES)
    at = names.index(name)
    since, until = _recent(here.services.now())

    def query(tx: Transaction) -> tuple[Observation | None, dict[Millis, Counts]]:
        by_day = activity.series(tx, here.source.id, Size.DAY, since, until, event_type=name)
        return observations.of(tx, name), by_day

    observed, by_day = await here.services.store.read(query)
    values = EventTypePage(
        event_type=event_type,
        group=next(group for group in GROUPS if event_type in group.event_types),
        properties=properties_of(event_type.schema),
        sample=sample_json(name),
        before=names[at - 1] if at else None,
        after=names[at + 1] if at + 1 < len(names) else None,
        observed=observed,
        differences=drifts(observed)[:MAX_DIFFERENCES] if observed else (),
        received=sum(day.received for day in by_day.values()),
        by_day=[(by_day.get(day, Counts()).received, 0) for day in range(since, until, DAY_MS)],
    )
    return page(request, "events/show.html", here, values)


@router.get("/events/{name}/sample.json")
async def sample(here: Here, name: str) -> Response:
    return Response(sample_json(_find(name).name), media_type="application/json")


def _recent(now: Millis) -> tuple[Millis, Millis]:
    """When the last ``RECENT_DAYS`` begin and end; today is the last of them."""
    until = Size.DAY.start_of(now) + DAY_MS
    return until - RECENT_DAYS * DAY_MS, until


def properties_of(schema: Mapping[str, Any]) -> list[Property]:
    """The properties of an object schema; for a list of objects, those of its items."""
    inner = schema.get("items", schema)
    required = inner.get("required", ())
    return [
        Property(
            name=name,
            kind=_kind(each),
            required=name in required,
            description=each.get("description", ""),
            choices=[each["const"]] if "const" in each else [c for c in each.get("enum", ()) if c is not None],
            properties=properties_of(each),
        )
        for name, each in inner.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "array" in kinds and "items" in schema:
        listed = gettext("array of {kind}").format(kind=schema["items"]["type"])
        kinds = [listed if kind == "array" else kind for kind in kinds]
    return gettext(" or ").join(kinds)


def _matching(q: str) -> list[tuple[Group, list[EventType]]]:
    """The groups, each with the event types that contain every word of ``q``."""
    words = q.casefold().split()[:20]
    found = [(group, [each for each in group.event_types if _has(each, group, words)]) for group in GROUPS]
    return [(group, event_types) for group, event_types in found if event_types]


def _has(event_type: EventType, group: Group, words: Sequence[str]) -> bool:
    english = f"{event_type.name} {event_type.description} {group.title}"
    text = f"{english} {gettext(event_type.description)} {gettext(group.title)}".casefold()
    return all(word in text for word in words)


def _find(name: str) -> EventType:
    found = EVENT_TYPES.get(name)
    if found is None:
        raise NotFound(say("Dodo Payments has no such event type."))
    return found
