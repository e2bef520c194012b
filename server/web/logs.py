"""``GET /logs``: received messages and attempts, newest first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from server.domain.catalog import EventType
from server.domain.ids import AttemptId, EndpointId, VersionId
from server.domain.messages import CAPTURED, FAULT, Attempt, AttemptOutcome, DeliveryState
from server.domain.sentences import Sentence, say
from server.domain.verdicts import Grade
from server.domain.versions import VersionName
from server.store import Transaction, attempts, endpoints, messages, versions
from server.web.endpoint_form import TREE
from server.web.endpoint_frame import name_of
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here, Visit

router = source_pages()

MAX_SEARCH_CHARACTERS = 200
"""Characters; the rest of a filter is ignored. No id and no event type is longer."""

STATES: Mapping[str, Sentence] = {
    DeliveryState.PENDING: say("Pending"),
    DeliveryState.SUCCEEDED: say("Succeeded"),
    CAPTURED: say("Captured"),
    DeliveryState.FAILED: say("Failed"),
    DeliveryState.CANCELLED: say("Cancelled"),
    DeliveryState.TRANSFORM_FAILED: say("Transformation failed"),
    FAULT: say("Hookbench fault"),
    DeliveryState.STOPPED: say("Stopped"),
}
OUTCOMES: Mapping[str, Sentence] = {
    AttemptOutcome.SUCCEEDED: say("Succeeded"),
    AttemptOutcome.CAPTURED: say("Captured"),
    AttemptOutcome.REJECTED: say("Rejected"),
    AttemptOutcome.UNREACHABLE: say("Unreachable"),
    AttemptOutcome.BLOCKED: say("Blocked"),
    AttemptOutcome.CANCELLED: say("Cancelled"),
    AttemptOutcome.TRANSFORM_FAILED: say("Transformation failed"),
    AttemptOutcome.FAULT: say("Hookbench fault"),
}

CONTRACT: Mapping[str, tuple[Sentence, tuple[Grade, ...]]] = {
    "errors": (say("Errors"), (Grade.ERRORS,)),
    "warnings": (say("Warnings"), (Grade.WARNINGS,)),
    "none": (say("No problems"), (Grade.FITS,)),
}
"""The filter of attempts by what the contract says: its words and its verdicts."""

Choices = list[tuple[str, str]]
"""The options of a drop-down: (value, text)."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters in the address. Ignores unknown values."""

    view: str
    """``attempts``, or empty for messages."""
    status: str
    type: str
    endpoint: str
    contract: str
    """A key of ``CONTRACT``; always empty for messages."""
    q: str
    """A whole id; for a message or an event its beginning is enough."""
    before: str
    page: str
    """The page's address without its query."""

    @staticmethod
    def of(request: Request, page: str) -> "Filters":
        asked = {name: value.strip()[:MAX_SEARCH_CHARACTERS] for name, value in request.query_params.items()}
        view = "attempts" if asked.get("view") == "attempts" else ""
        status = asked.get("status", "")
        return Filters(
            view=view,
            status=status if status in (OUTCOMES if view else STATES) else "",
            type=asked.get("type", ""),
            endpoint=asked.get("endpoint", ""),
            contract=asked.get("contract", "") if view and asked.get("contract") in CONTRACT else "",
            q=asked.get("q", ""),
            before=asked.get("before", ""),
            page=page,
        )

    @property
    def narrow(self) -> bool:
        return bool(self.status or self.type or self.endpoint or self.contract or self.q)

    def address(self, **changes: str) -> str:
        """The address of this page, with some filters changed."""
        names = ("view", "status", "type", "endpoint", "contract", "q", "before")
        asked = {name: getattr(self, name) for name in names} | changes
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.page}?{query}" if query else self.page


@dataclass(frozen=True, slots=True)
class LogPage:
    """What the log shows."""

    filters: Filters
    rows: Sequence[messages.Row] | Sequence[Attempt]
    names: Mapping[EndpointId, str]
    """The names of the endpoints in the rows."""
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the attempts in the rows ran."""
    existing: Collection[EndpointId]
    """The endpoints that were not deleted."""
    older: str | None
    """The address of the next older rows; ``None`` when there are none."""
    newest: str | None
    """The address of the newest rows; ``None`` when the page shows them."""
    tree: Sequence[tuple[str, Sequence[EventType]]]
    choices: Choices
    """The endpoints to filter by."""
    states: Mapping[str, Sentence]
    """The states to filter by, of deliveries or of attempts."""
    verdicts: Mapping[str, Sentence]
    """The verdicts to filter by; empty for messages."""
    active: str = "logs"


@router.get("/logs")
async def index(request: Request, here: Here) -> Response:
    filters = Filters.of(request, here.to("/logs"))
    rows, names, named, choices = await here.services.store.read(lambda tx: _look(tx, here, filters))
    full = len(rows) == (attempts.PAGE if filters.view else messages.PAGE)
    answer = page(
        request,
        "logs/log.html",
        here,
        LogPage(
            filters=filters,
            rows=rows,
            names=names,
            versions=named,
            existing=[EndpointId(endpoint_id) for endpoint_id, _ in choices],
            older=filters.address(before=rows[-1].id) if full else None,
            newest=filters.address(before="") if filters.before else None,
            tree=TREE,
            choices=choices,
            states=OUTCOMES if filters.view else STATES,
            verdicts={key: words for key, (words, _) in CONTRACT.items()} if filters.view else {},
        ),
        block="log",
    )
    # Update the browser's address to the filters, without the empty ones.
    answer.headers["hx-replace-url"] = filters.address()
    return answer


def _look(
    tx: Transaction, here: Visit, filters: Filters
) -> tuple[Sequence[messages.Row] | Sequence[Attempt], dict[EndpointId, str], dict[VersionId, VersionName], Choices]:
    """(rows, names of the endpoints in them by id, versions of the attempts in them by id, endpoints to filter by)."""
    cards = here.services.cards
    listed = endpoints.of_source(tx, here.source.id)
    choices: Choices = [(endpoint.id, name_of(here, endpoint)) for endpoint in listed]
    if filters.view:
        tried = attempts.page(tx, _attempts(tx, here, filters), bodies=False)
        named = versions.names(tx, [attempt.version_id for attempt in tried])
        return tried, endpoints.names(tx, cards, [attempt.endpoint_id for attempt in tried]), named, choices
    came = messages.page(tx, _messages(tx, here, filters))
    named_endpoints = endpoints.names(tx, cards, [on_way.endpoint_id for row in came for on_way in row.deliveries])
    return came, named_endpoints, {}, choices


def _messages(tx: Transaction, here: Visit, filters: Filters) -> messages.Search:
    attempt = attempts.get(tx, AttemptId(filters.q)) if filters.q.startswith("att_") else None
    return messages.Search(
        source_id=here.source.id,
        event_type=filters.type,
        endpoint_id=filters.endpoint,
        state=filters.status,
        text=attempt.message_id if attempt else filters.q,
        before=filters.before,
    )


def _attempts(tx: Transaction, here: Visit, filters: Filters) -> attempts.Search:
    return attempts.Search(
        source_id=here.source.id,
        event_type=filters.type,
        endpoint_id=filters.endpoint,
        outcomes=(AttemptOutcome(filters.status),) if filters.status else (),
        grades=CONTRACT[filters.contract][1] if filters.contract else (),
        text=_attempts_id(tx, here, filters.q),
        before=filters.before,
    )


def _attempts_id(tx: Transaction, here: Visit, q: str) -> str:
    """The id to search attempts by: for an event's id that of its message, otherwise the typed one."""
    if not q or q.startswith("att_"):
        return q
    found = messages.page(tx, messages.Search(here.source.id, text=q), limit=1)
    return found[0].id if found else q
