"""``GET /endpoints``: the endpoints of a source: search, filters, order, pages, and actions on several at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls, deleted_endpoints, replays
from server.actions.endpoints import Gone
from server.domain.activity import Size, Tally
from server.domain.cards import Card
from server.domain.endpoint_names import endpoint_address, generated_name
from server.domain.endpoints import Endpoint
from server.domain.ids import EndpointId, Millis
from server.domain.messages import AttemptOutcome
from server.domain.sentences import Invalid, Sentence, say
from server.store import Transaction, activity, endpoint_list, endpoints, queues
from server.store import deleted_endpoints as deleted_rows
from server.store.endpoint_list import Brief
from server.store.queues import MAX_COUNTED_EACH
from server.web import charts, forms
from server.web.deleted_endpoints import MAX_CHOSEN
from server.web.endpoint_frame import TheEndpoint, address_of, name_of
from server.web.first_steps import FirstSteps, first_steps
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.render import page, redirect, undo
from server.web.visit import Here, Visit

router = source_pages()

PAGE = MAX_CHOSEN
HOURS = 24

MAX_TYPED = 200
"""Characters of a value in the address; the rest is ignored."""

STATES: Mapping[str, Sentence] = {
    "enabled": say("Enabled"),
    "paused": say("Paused"),
    "disabled": say("Disabled"),
    "failing": say("Failing"),
    "capture": say("Capture"),
}
SORTS: Mapping[str, Sentence] = {
    "name": say("Endpoint"),
    "card": say("Integration"),
    "state": say("State"),
    "errors": say("Error rate, 24 h"),
    "activity": say("Attempts, 24 h"),
    "last": say("Last attempt"),
}
"""The columns that sort the list; ``-`` before the name in the address reverses it."""
BIGGEST_FIRST = frozenset({"errors", "activity", "last"})
"""Columns of which a person looks for the biggest first."""


@dataclass(frozen=True, slots=True)
class ListFilters:
    """The filters in the address. Ignores unknown values."""

    at: str
    """The page's address without its query."""
    q: str = ""
    state: str = ""
    card: str = ""
    sort: str = "name"
    page: int = 1

    @staticmethod
    def of(at: str, query: Mapping[str, str]) -> "ListFilters":
        asked = {name: value.strip()[:MAX_TYPED] for name, value in query.items()}
        sort, number = asked.get("sort", ""), asked.get("page", "")
        return ListFilters(
            at=at,
            q=asked.get("q", ""),
            state=asked.get("state", "") if asked.get("state") in STATES else "",
            card=asked.get("card", ""),
            sort=sort if sort.removeprefix("-") in SORTS else "name",
            page=max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 5 else 1,
        )

    @property
    def narrow(self) -> bool:
        return bool(self.q or self.state or self.card)

    @property
    def query(self) -> str:
        return self.address().partition("?")[2]

    def address(self, **changes: str | int) -> str:
        """The address of this page with some filters changed; a change leads to the first page."""
        asked: dict[str, str | int] = {"q": self.q, "state": self.state, "card": self.card, "sort": self.sort}
        asked |= {"page": self.page} if not changes else {}
        asked |= changes
        kept = {name: value for name, value in asked.items() if value and (name, value) not in _USUAL}
        return f"{self.at}?{urlencode(kept)}" if kept else self.at

    def sorted_by(self, column: str) -> str:
        """``ascending``, ``descending`` or empty."""
        if self.sort.removeprefix("-") != column:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def sorting(self, column: str) -> str:
        """The address that sorts by a column, the other way round if it is sorted by it already."""
        first, other = (f"-{column}", column) if column in BIGGEST_FIRST else (column, f"-{column}")
        return self.address(sort=other if self.sort == first else first)


_USUAL = {("sort", "name"), ("page", 1)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    endpoint: Endpoint
    card: Card | None
    name: str
    address: str
    waiting: int
    """Waiting deliveries, counted up to ``MAX_COUNTED_EACH`` + 1."""
    attempts: int
    """Those of the last 24 hours."""
    wrong: int
    """How many of them failed, or their transformation did."""
    points: Sequence[Tally]
    """Of each of these hours."""
    last: tuple[AttemptOutcome, Millis] | None

    @property
    def error_rate(self) -> float | None:
        return self.wrong / self.attempts if self.attempts else None


@dataclass(frozen=True, slots=True)
class EndpointList:
    """What the list of endpoints shows."""

    rows: Sequence[Row]
    filters: ListFilters
    total: int
    """How many endpoints match the filters."""
    every: int
    """How many the source has."""
    deleted: int
    """How many can be restored."""
    cards: Sequence[tuple[str, str]]
    """The cards to filter by: (name, title)."""
    states: Sequence[tuple[str, Sentence]]
    sorts: Sequence[tuple[str, Sentence]]
    orders: Sequence[tuple[str, Sentence]]
    """Values of ``sort`` in the address, to choose from where no columns have headings."""
    first: int
    """The number of the first row in the whole list."""
    newer: str
    """The address of the page before; empty on the first."""
    older: str
    first_steps: FirstSteps | None
    most_waiting: int = MAX_COUNTED_EACH
    problem: Sentence | None = None
    active: str = "endpoints"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What the page asks before an action on endpoints."""

    action: str
    chosen: Sequence[tuple[Endpoint, str, int]]
    """Each endpoint with its name and how many deliveries wait for it."""
    waiting: int
    """Of all of them."""
    waiting_text: str
    most: int
    """How far each was counted."""
    back: str
    query: str
    """The filters of the list to return to."""
    active: str = "endpoints"


DONE = {"pause": "paused", "resume": "resumed", "retry": "retried", "delete": "deleted"}
"""The actions, and how the codes of ``FLASHES`` about them end."""
IDLE, REFUSED, GONE = "idle", "refused", "gone"
"""Why an endpoint was left out, as codes of ``BESIDE``."""


@router.get("/endpoints")
async def index(request: Request, here: Here) -> Response:
    filters = ListFilters.of(here.to("/endpoints"), request.query_params)
    response = await list_page(request, here, filters)
    if request.headers.get("hx-request-type") == "partial":
        response.headers["hx-replace-url"] = filters.address()  # without what is as usual
    return response


@router.post("/endpoints/bulk")
@once
async def bulk(request: Request, here: Here) -> Response:
    """An action on the chosen endpoints: first a page that names them, then the action itself."""
    form = await forms.read(request)
    filters = ListFilters.of(here.to("/endpoints"), dict(parse_qsl(form.text("back")[: 5 * MAX_TYPED])))
    ids, action = [EndpointId(each[:40]) for each in form.every("ids")[:PAGE]], form.text("action")
    found = await here.services.store.read(lambda tx: endpoints.by_ids(tx, ids))
    chosen = [found[each] for each in dict.fromkeys(ids) if each in found and found[each].source_id == here.source.id]
    if not chosen or action not in DONE:
        return await list_page(request, here, filters, say("Select at least one endpoint."))
    if not form.text("confirmed"):
        return await asked_page(request, here, action, chosen, filters.address(), filters.query)
    done, left_out = await _act(here, action, chosen)
    back = undo(filters.address(), [each.id for each in done]) if action == "delete" and done else filters.address()
    if not done and set(left_out) == {IDLE}:
        return redirect(back, "nothing-waits", request)
    several = "endpoints" if len(done) > 1 or action == "retry" else "endpoint"
    return redirect(back, f"{several}-{DONE[action]}" if done else "nothing-done", request, left_out)


@router.get("/endpoints/{endpoint_id}/delete")
async def ask_to_delete(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """The question on a page of its own, for browsers that cannot show it as a dialog."""
    return await asked_page(request, here, "delete", [endpoint], here.to(f"/endpoints/{endpoint.id}"))


async def asked_page(
    request: Request, here: Visit, action: str, chosen: Sequence[Endpoint], back: str, query: str = ""
) -> Response:
    """The page that names endpoints before something is done to them."""

    def with_waiting(tx: Transaction) -> list[tuple[Endpoint, str, int]]:
        waiting = queues.waiting(tx, [each.id for each in chosen])
        return [(each, name_of(here, each), waiting.get(each.id, 0)) for each in chosen]

    found = await here.services.store.read(with_waiting)
    most = MAX_COUNTED_EACH
    counted = sum(min(count, most) for _, _, count in found)
    text = f"{counted:,}+" if any(count > most for _, _, count in found) else f"{counted:,}"
    asked = Confirmation(action, found, counted, text, most, back, query)
    return page(request, "endpoints/asked.html", here, asked)


async def _act(here: Visit, action: str, chosen: Sequence[Endpoint]) -> tuple[Sequence[Endpoint], Mapping[str, int]]:
    """Do it. Returns the endpoints to which it was done, and how many were left out, by the reason."""
    services, who = here.services, here.user.name
    if action == "delete":
        removed = await deleted_endpoints.remove_all(services, chosen, who)
        return removed, Counter({GONE: len(chosen) - len(removed)})
    done: list[Endpoint] = []
    left_out: Counter[str] = Counter()
    for each in chosen:
        try:
            if action == "retry":
                await replays.retry_waiting(services, each.id, who)
            elif action == "pause":
                await controls.pause(services, each, who)
            else:
                await controls.resume(services, each, who)
        except Gone:
            left_out[GONE] += 1
        except Invalid as refused:
            left_out[IDLE if refused.problems == (replays.NOTHING_WAITS,) else REFUSED] += 1
        else:
            done.append(each)
    return done, left_out


async def list_page(request: Request, here: Visit, filters: ListFilters, problem: Sentence | None = None) -> Response:
    shown = await here.services.store.read(lambda tx: _read(tx, here, filters, problem))
    return page(request, "endpoints/list.html", here, shown, block="list", status=422 if problem else 200)


def _read(tx: Transaction, here: Visit, filters: ListFilters, problem: Sentence | None) -> EndpointList:
    every = endpoint_list.briefs(tx, here.source.id, urls=bool(filters.q))
    cards = here.services.cards
    found = [each for each in every if _matches(here, each, filters)]
    found = _sorted(tx, here, found, filters)
    last_page = max(1, -(-len(found) // PAGE))
    number = min(filters.page, last_page)
    shown = [each.id for each in found[(number - 1) * PAGE : number * PAGE]]
    known = {each.card: cards[each.card].title if each.card in cards else each.card for each in every}
    return EndpointList(
        rows=_rows(tx, here, shown),
        filters=filters,
        total=len(found),
        every=len(every),
        deleted=deleted_rows.count(tx, here.source.id),
        cards=sorted(known.items(), key=lambda pair: pair[1].casefold()),
        states=list(STATES.items()),
        sorts=list(SORTS.items()),
        orders=_orders(filters.sort),
        first=(number - 1) * PAGE + 1,
        newer=filters.address(page=number - 1) if number > 1 else "",
        older=filters.address(page=number + 1) if number < last_page else "",
        first_steps=first_steps(tx, here),
        problem=problem,
    )


def _orders(now: str) -> list[tuple[str, Sentence]]:
    """Each column in the order that people want first, and the order there is now."""
    usual = [(f"-{name}" if name in BIGGEST_FIRST else name, text) for name, text in SORTS.items()]
    return usual if now in dict(usual) else [*usual, (now, SORTS[now.removeprefix("-")])]


def _matches(here: Visit, each: Brief, filters: ListFilters) -> bool:
    if filters.card and each.card != filters.card:
        return False
    if filters.state and filters.state != each.state and not (filters.state == "capture" and each.captures):
        return False
    words = filters.q.casefold().split()
    if not words:
        return True
    card = here.services.cards.get(each.card)
    address = endpoint_address(here.services.cards, each.card, each.url)
    text = f"{_name(here, each)}\n{each.description}\n{address}\n{card.title if card else ''}\n{each.id}".casefold()
    return all(word in text for word in words)


def _name(here: Visit, each: Brief) -> str:
    return each.name or generated_name(here.services.cards, each.card, each.description, each.url)


def _sorted(tx: Transaction, here: Visit, found: list[Brief], filters: ListFilters) -> list[Brief]:
    """In the order of the column, and where that is equal by name."""
    values = _sort_values(tx, here, found, filters.sort.removeprefix("-"))
    named = sorted(found, key=lambda each: _name(here, each).casefold())
    return sorted(named, key=lambda each: values.get(each.id, ""), reverse=filters.sort.startswith("-"))


def _sort_values(tx: Transaction, here: Visit, found: list[Brief], column: str) -> Mapping[EndpointId, str]:
    """What the list is sorted by, as text that sorts like it."""
    ids, cards = [each.id for each in found], here.services.cards
    match column:
        case "card":
            titles = {each.card: cards[each.card].title if each.card in cards else each.card for each in found}
            return {each.id: titles[each.card].casefold() for each in found}
        case "state":
            return {each.id: str(list(STATES).index(each.state)) for each in found}
        case "errors":
            counts = activity.by_endpoint(tx, here.source.id, ids, Size.HOUR, *_day(here))
            return {each: f"{of.error_rate or 0:.9f}" for each, of in counts.items()}
        case "activity":
            counts = activity.by_endpoint(tx, here.source.id, ids, Size.HOUR, *_day(here))
            return {each: f"{of.attempts:015}" for each, of in counts.items()}
        case "last":
            return endpoint_list.last_attempts(tx, ids)
        case _:
            return {each.id: _name(here, each).casefold() for each in found}


def _day(here: Visit) -> tuple[Millis, Millis]:
    """The last 24 hours, the current one included."""
    until = Size.HOUR.start_of(here.services.now()) + Size.HOUR.ms
    return until - HOURS * Size.HOUR.ms, until


def _rows(tx: Transaction, here: Visit, ids: Sequence[EndpointId]) -> list[Row]:
    since, until = _day(here)
    found = endpoints.by_ids(tx, ids)
    counted = activity.of_endpoints(tx, here.source.id, ids, Size.HOUR, since, until)
    last = endpoint_list.outcomes(tx, endpoint_list.last_attempts(tx, ids).values())
    waiting = queues.waiting(tx, found)
    hours = range(since, until, Size.HOUR.ms)
    rows: list[Row] = []
    for endpoint in (found[each] for each in ids if each in found):
        tallies = counted[endpoint.id].values()
        rows.append(
            Row(
                endpoint=endpoint,
                card=here.services.cards.get(endpoint.card),
                name=name_of(here, endpoint),
                address=address_of(here, endpoint),
                waiting=waiting.get(endpoint.id, 0),
                attempts=sum(attempts for attempts, _ in tallies),
                wrong=sum(wrong for _, wrong in tallies),
                points=charts.points(counted[endpoint.id], hours),
                last=last.get(endpoint.id),
            )
        )
    return rows
