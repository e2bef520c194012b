"""``GET /logs``: received messages and attempts that match the filters in the address, newest first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from server.domain.catalog import EventType
from server.domain.ids import EndpointId, Millis, VersionId
from server.domain.sentences import Sentence, say
from server.store import Transaction, endpoints, logs, versions
from server.store.log_search import LogSearch
from server.web import forms, log_filters, zones
from server.web.endpoint_form import TREE
from server.web.log_columns import Columns
from server.web.log_export import MAX_ROWS
from server.web.log_filters import CONTRACT, OUTCOMES, STATES, TIMES, Filters, TimeField
from server.web.log_rows import Rows, attempts_found, messages_found
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here, Visit

router = source_pages()

MAX_NEWS = 99
"""New rows are counted up to here."""
FURTHER_SECONDS = 0.04
"""How long a page searches each time it goes on by itself: longer than at first, since the page is there already."""

Choices = list[tuple[str, str]]
"""The options of a drop-down: (value, text)."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, in words, and the address without it."""

    name: Sentence
    value: Sentence | str
    address: str
    at: Millis | None = None
    """A time instead of words."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log shows."""

    filters: Filters
    found: Rows
    columns: Columns
    existing: Collection[EndpointId]
    """The endpoints that were not deleted."""
    older: str | None
    """The address of the next older rows; ``None`` when there are none."""
    newest: str | None
    """The address of the newest rows; ``None`` when the page shows them."""
    live: str
    """The topic of changes; empty for a page of older rows, which never changes."""
    latest: str
    """The id of the newest row on the page."""
    choices: Choices
    """The endpoints to filter by."""
    version_choices: Choices
    """The versions of the chosen endpoint."""
    states: Mapping[str, Sentence]
    """The states to filter by, of deliveries or of attempts."""
    set_filters: Sequence[Chip]
    from_field: TimeField
    to_field: TimeField
    zone: str
    export: Filters
    """The same filters at the address of the export."""
    tree: Sequence[tuple[str, Sequence[EventType]]] = TREE
    contract: Mapping[str, tuple[Sentence, object]] = field(default_factory=lambda: CONTRACT)
    times: Mapping[str, tuple[Sentence, Millis]] = field(default_factory=lambda: TIMES)
    most_exported: int = MAX_ROWS
    nothing_yet: bool = False
    """The page goes on searching by itself (``static/js/further.js``), and has found nothing so far."""
    refused: Mapping[str, Sentence] = field(default_factory=dict)
    """What is said about typed values that are no filters, by the names of their fields."""
    active: str = "logs"


@dataclass(frozen=True, slots=True)
class News:
    """How many rows came since the page was fetched."""

    filters: Filters
    latest: str
    live: str
    news: int
    """At most ``MAX_NEWS`` + 1."""
    most_news: int = MAX_NEWS


@router.get("/logs")
async def index(request: Request, here: Here) -> Response:
    filters = Filters.of(request.query_params, here.to("/logs"), zones.current.get())
    fragment = request.headers.get("hx-request-type") == "partial"
    live = "" if filters.before else f"source:{here.source.id}"
    if fragment and (latest := request.query_params.get("after", "")[:40]):
        search = replace(filters.search(here.source.id, here.services.now()), after=latest)
        news = await here.services.store.read(lambda tx: _news(tx, filters, search))
        return page(request, "logs/news.html", here, News(filters, latest, live, news), block="news")
    pinned = request.query_params.get("upto", "")[:40] if fragment else ""
    shown = request.query_params.get("shown", "") if fragment and filters.before else ""
    budget = FURTHER_SECONDS if shown else logs.BUDGET_SECONDS
    columns = Columns.of(request, filters.view)
    rows, choices, version_choices, chips = await here.services.store.read(
        lambda tx: _look(tx, here, filters, pinned, budget)
    )
    answer = page(
        request,
        "logs/log.html",
        here,
        LogPage(
            filters=filters,
            found=rows,
            columns=columns,
            existing=[EndpointId(endpoint_id) for endpoint_id, _ in choices],
            older=filters.address(before=rows.rows[-1].id) if len(rows.rows) == logs.PAGE else None,
            newest=filters.address(before="") if filters.before else None,
            live=live,
            latest=pinned or (rows.rows[0].id if rows.rows else ""),
            choices=choices,
            version_choices=version_choices,
            states=OUTCOMES if filters.view else STATES,
            set_filters=chips,
            from_field=TimeField.of(filters.start, zones.current.get()),
            to_field=TimeField.of(filters.end, zones.current.get()),
            zone=str(zones.current.get()),
            export=replace(filters, before="", paused="").at(here.to("/logs/export")),
            nothing_yet=shown == "0",
            refused=log_filters.refused(request.query_params, filters),
        ),
        block="rows" if pinned else "found" if shown else "log",
    )
    if fragment and not pinned and not shown:
        _keep_in_address(request, filters, answer)
    return answer


def _keep_in_address(request: Request, filters: Filters, answer: Response) -> None:
    """Put the filters into the browser's address. A change of what is typed into the search box makes no new entry in
    its history, any other change does, so that Back undoes it."""
    came_from = forms.address_in(request.headers.get("hx-current-url"))
    former = Filters.of(QueryParams(came_from.query if came_from else ""), filters.page, zones.current.get())
    same = came_from is None or replace(former, q="") == replace(filters, q="")
    answer.headers["hx-replace-url" if same else "hx-push-url"] = filters.address()


def _news(tx: Transaction, filters: Filters, search: LogSearch) -> int:
    if filters.view:
        return len(logs.attempt_page(tx, search, MAX_NEWS + 1).rows)
    return len(logs.message_page(tx, search, MAX_NEWS + 1).rows)


def _look(
    tx: Transaction, here: Visit, filters: Filters, pinned: str, budget: float
) -> tuple[Rows, Choices, Choices, list[Chip]]:
    """(rows, endpoints to filter by, versions to filter by, filters that are set)."""
    cards = here.services.cards
    existing = endpoints.names_of_source(tx, cards, here.source.id)
    choices: Choices = list(existing.items())
    search = filters.search(here.source.id, here.services.now())
    if pinned:
        search = replace(search, before=f"{pinned}0")  # the next id: all have the same length
    find = attempts_found if filters.view else messages_found
    rows = find(tx, cards, search, budget_seconds=budget, known=existing)
    endpoint_id = EndpointId(filters.endpoint)
    made = versions.choices(tx, [endpoint_id]).get(endpoint_id, []) if endpoint_id in existing else []
    version_choices: Choices = [(version.id, f"v{version.number}") for version in made]
    named = dict(version_choices) | {
        id: f"v{version.number}" for id, version in versions.names(tx, [VersionId(filters.version)]).items()
    }
    if filters.version and filters.version not in dict(version_choices):
        version_choices.append((filters.version, named.get(filters.version, filters.version)))
    chosen = [endpoint_id] if endpoint_id else []
    named_endpoints: dict[str, str] = dict(choices) | endpoints.names(tx, cards, chosen, existing)
    return rows, choices, version_choices, _chips(filters, named_endpoints, named)


def _chips(filters: Filters, endpoint_names: Mapping[str, str], version_names: Mapping[str, str]) -> list[Chip]:
    """The filters that are set, each with the address without it."""
    chips: list[Chip] = []

    def add(name: Sentence, value: Sentence | str, at: Millis | None = None, **without: str) -> None:
        chips.append(Chip(name, value, filters.address(before="", **without), at))

    if filters.q:
        add(say("Search"), filters.q, q="")
    if filters.status:
        add(say("Status"), (OUTCOMES if filters.view else STATES)[filters.status], status="")
    if filters.endpoint:
        known = endpoint_names.get(filters.endpoint, filters.endpoint)
        add(say("Endpoint"), known, endpoint="", version="")
    if filters.time:
        add(say("Time"), TIMES[filters.time][0], time="")
    if filters.start is not None:
        add(say("From"), "", filters.start, from_="")
    if filters.end is not None:
        add(say("Until"), "", filters.end, to="")
    if filters.type:
        add(say("Event type"), filters.type, type="")
    if filters.version:
        add(say("Version"), version_names.get(filters.version, filters.version), version="")
    if filters.response:
        add(say("Response"), filters.response, response="")
    if filters.contract:
        add(say("Contract"), CONTRACT[filters.contract][0], contract="")
    if filters.slower:
        add(say("Slower than"), f"{filters.slower} ms", slower="")
    if filters.currency:
        add(say("Currency"), filters.currency, currency="")
    if filters.cancelled:
        add(say("Cancelled"), say("hidden"), cancelled="")
    return chips
