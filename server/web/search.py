"""``GET /search``: pages, endpoints, event types, messages and actions that a typed text names.

The page works without scripts. The palette of every page (``static/js/palette.js``) shows the same results: it asks for
the block ``results``.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from server.domain.ids import EndpointId, MessageId
from server.domain.payload_summary import PayloadSummary
from server.domain.sentences import Sentence, say
from server.store import Transaction, endpoints, logs, options, search
from server.store.search import FoundMessage
from server.web import i18n
from server.web.docs import pages_of
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.settings_frame import SECTIONS
from server.web.visit import Here, Visit

router = source_pages()

MAX_MESSAGES, MAX_ENDPOINTS, MAX_EVENT_TYPES, MAX_PLACES = 8, 6, 6, 8

DEADLINE_SECONDS = 5.0
"""A search that takes longer says so; then the database is very busy."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page or an action that people can go to by its name."""

    title: Sentence | str
    icon: str
    address: str
    """Without the source."""
    words: str = ""
    """Further words that find it; nobody sees them."""


PAGES = (
    Place(say("Endpoints"), "endpoint", "/endpoints"),
    Place(say("Logs"), "logs", "/logs"),
    Place(say("Activity"), "activity", "/activity"),
    Place(say("Operational events"), "bell", "/notices"),
    Place(say("Event catalog"), "catalog", "/events"),
    Place(say("Inspector"), "inspector", "/inspector"),
    Place(say("Sources"), "source", "/sources"),
    Place(say("Settings"), "settings", "/settings"),
    Place(say("Your own cards"), "code", "/cards"),
    Place(say("Recently deleted"), "trash", "/endpoints/deleted"),
    Place(say("Docs"), "book", "/docs"),
)
ACTIONS = (
    Place(say("Add endpoint"), "plus", "/endpoints/new"),
    Place(say("Show failed deliveries"), "warning", "/logs?status=failed"),
    Place(say("Show retrying deliveries"), "clock", "/logs?status=retrying"),
    Place(say("Show pending deliveries"), "clock", "/logs?status=pending"),
    Place(say("Show failed transformations"), "code", "/logs?status=transform_failed"),
    Place(say("Create your own card"), "plus", "/cards/new"),
    Place(say("Change password"), "user", "/settings/account"),
    Place(say("Choose what can be searched"), "search", "/settings/search"),
)


SETTINGS = tuple(
    Place(say("Settings: {section}", section=each.title), each.icon, each.path, each.words) for each in SECTIONS
)


@dataclass(frozen=True, slots=True)
class SearchPage:
    q: str
    pages: Sequence[Place]
    actions: Sequence[Place]
    docs: Sequence[Place]
    endpoints: Mapping[EndpointId, str]
    """Their names."""
    event_types: Sequence[str]
    messages: Sequence[FoundMessage]
    summaries: Mapping[MessageId, PayloadSummary]
    """What rows show of their payloads."""
    names: Mapping[EndpointId, str]
    """The names of the endpoints of the messages' deliveries."""
    more: bool
    """Whether there are more messages than shown."""
    logs: str
    """The address of all messages found."""
    full_text: bool
    """Whether words in payloads are searched too."""
    late: bool
    """Whether the database took too long."""
    cut_off: bool
    """Whether older messages were not looked at, although fewer than a list were found."""
    active: str = "search"


@dataclass(frozen=True, slots=True)
class _Results:
    endpoints: Mapping[EndpointId, str]
    event_types: Sequence[str]
    messages: Sequence[FoundMessage]
    summaries: Mapping[MessageId, PayloadSummary]
    names: Mapping[EndpointId, str]
    more: bool
    full_text: bool
    cut_off: bool = False


@router.get("/search")
async def results(request: Request, here: Here, q: str = "") -> Response:
    text = q.strip()[: search.MAX_TEXT]
    late = False
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            found = await here.services.store.read(lambda tx: _find(tx, here, text))
    except TimeoutError:
        found, late = _Results({}, (), (), {}, {}, False, False), True
    return page(
        request,
        "search/search.html",
        here,
        SearchPage(
            q=text,
            pages=_named((*PAGES, *SETTINGS) if text else PAGES, text),
            actions=_named(ACTIONS, text),
            docs=_named(await _docs(request), text) if text else (),
            endpoints=found.endpoints,
            event_types=found.event_types,
            messages=found.messages,
            summaries=found.summaries,
            names=found.names,
            more=found.more,
            logs=here.to(f"/logs?q={quote(text)}"),
            full_text=found.full_text,
            late=late,
            cut_off=found.cut_off,
        ),
        block="results",
    )


def _find(tx: Transaction, here: Visit, text: str) -> _Results:
    full_text = options.search_settings(tx).full_text
    if not text:
        return _Results({}, (), (), {}, {}, False, full_text)
    found = search.suggest(tx, here.source.id, text, MAX_MESSAGES + 1)
    rows = search.shown(tx, found.message_ids[:MAX_MESSAGES])
    receivers = {delivery.endpoint_id for row in rows for delivery in row.deliveries}
    return _Results(
        endpoints=_names(tx, here, found.endpoint_ids[:MAX_ENDPOINTS]),
        event_types=found.event_types[:MAX_EVENT_TYPES],
        messages=rows,
        summaries=logs.summaries(tx, [row.id for row in rows]),
        names=_names(tx, here, receivers),
        more=len(found.message_ids) > MAX_MESSAGES,
        full_text=full_text,
        cut_off=bool(found.searched_to) and len(found.message_ids) <= MAX_MESSAGES,
    )


def _names(tx: Transaction, here: Visit, ids: Iterable[EndpointId]) -> Mapping[EndpointId, str]:
    return endpoints.names(tx, here.services.cards, ids)


async def _docs(request: Request) -> Sequence[Place]:
    """The pages of the docs, which their English titles find too."""
    pages, in_english = await pages_of(request), await pages_of(request, "en")
    return [Place(each.title, "book", f"/docs/{slug}", in_english[slug].title) for slug, each in pages.items()]


def _named(places: Sequence[Place], text: str) -> Sequence[Place]:
    """The places that all words name, in the reader's language or in English; all for an empty text."""
    words = text.casefold().split()
    return [one for one in places if all(word in _title(one) for word in words)][: MAX_PLACES if words else None]


def _title(place: Place) -> str:
    shown = place.title if isinstance(place.title, str) else i18n.in_words(place.title)
    return f"{shown}\n{place.title}\n{place.words}".casefold()
