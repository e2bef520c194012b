"""A message's page: its source, its delivery to each endpoint, and each attempt in three panes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls
from server.actions import messages as actions
from server.domain.curl import as_curl
from server.domain.endpoints import Endpoint
from server.domain.faults import KIND
from server.domain.ids import AttemptId, DeliveryId, MessageId, VersionId, earliest
from server.domain.messages import Attempt, AttemptError, Delivery, DeliveryState, Message, StoppedBecause, Trigger
from server.domain.payload_diff import Changes, changes
from server.domain.payload_summary import PayloadSummary, summary_of
from server.domain.response_words import words_of
from server.domain.sentences import Invalid, Sentence, say
from server.domain.versions import VersionName
from server.store import (
    Transaction,
    attempts,
    deleted_endpoints,
    deliveries,
    endpoints,
    log_neighbours,
    messages,
    sources,
)
from server.store import versions as version_rows
from server.store.compression import UnreadableValue
from server.store.log_neighbours import Neighbour
from server.web import forms
from server.web.downloads import download
from server.web.errors import NotFound
from server.web.log_filters import Filters
from server.web.once import once
from server.web.page_routes import source_pages
from server.web.passed_over import PassedOver, passed_over
from server.web.render import page, redirect
from server.web.version_choices import VersionsToRun, posted_choice, versions_to_run
from server.web.visit import Here, Visit

router = source_pages()

RECENT_MESSAGES = 10
"""Messages that pages offer to test with."""
DAY_MS = 24 * 60 * 60 * 1000

TRIGGERS: Mapping[Trigger, Sentence] = {
    Trigger.EVENT: say("First attempt"),
    Trigger.RETRY: say("Retry"),
    Trigger.RESEND: say("Resend"),
    Trigger.REPLAY: say("Replay"),
    Trigger.EXAMPLE: say("Example"),
}


STOPPED: Mapping[StoppedBecause | None, Sentence] = {
    None: say("Skipped, or the endpoint was disabled."),
    StoppedBecause.PERSON: say("Skipped or stopped manually."),
    StoppedBecause.UNMATCHED: say("The endpoint's event types or filter changed, and this event no longer matches."),
    StoppedBecause.DISABLED: say("The endpoint was disabled or deleted before the delivery succeeded."),
    StoppedBecause.DELETED: say("The endpoint was deleted before the delivery succeeded."),
}


MAX_COMPARED_BYTES = 256 * 1024
MAX_LOG = 2_000
"""Characters of the filters of a log in the address of a message."""


def fault_of(delivery: Delivery) -> AttemptError | None:
    """The delivery's latest internal fault, for the filter ``reason``; ``None`` when there is none."""
    return AttemptError(KIND, delivery.fault) if delivery.fault else None


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """The delivery of a message to one endpoint, with its attempts."""

    delivery: Delivery
    name: str
    endpoint: Endpoint | None
    """``None`` when the endpoint was deleted."""
    attempts: Sequence[Attempt]
    """Newest first."""
    to_run: VersionsToRun | None
    """The versions that a resend can run; ``None`` when the endpoint was deleted."""
    restorable: bool = False
    """The endpoint was deleted, and can be restored."""

    @property
    def next_step(self) -> int:
        """The number of the next attempt in the schedule; a resend starts again at 1."""
        return self.delivery.step + 1

    @property
    def steps(self) -> int:
        """Attempts in the schedule. If it was shortened since, the attempt already planned still counts."""
        return max(self.next_step, len(self.endpoint.controls.schedule) if self.endpoint else 0)

    @property
    def tried(self) -> bool:
        """Whether the next attempt is a retry after the latest one, not a resend by a person."""
        return bool(self.attempts) and self.delivery.trigger is Trigger.RETRY

    @property
    def fault(self) -> AttemptError | None:
        """The latest internal fault; ``None`` when there is none."""
        return fault_of(self.delivery)

    @property
    def stopped(self) -> Sentence:
        """Why the delivery was stopped."""
        return STOPPED[self.delivery.stopped_because]

    @property
    def stoppable(self) -> bool:
        return self.waits and self.endpoint is not None

    @property
    def waits(self) -> bool:
        return self.delivery.state is DeliveryState.PENDING

    def is_followed(self, attempt: Attempt) -> bool:
        """Whether what the attempt says about the next one is so: not when it was the last, and stopped before that."""
        return attempt.next_at is None or self.waits or attempt.number < self.delivery.attempts


@dataclass(frozen=True, slots=True)
class Panes:
    """What the panes show besides the attempt. Templates call the methods, in a thread, since bodies may be large."""

    received: bytes
    attempt: Attempt | None

    def differences(self) -> Changes | None:
        """What the code changed in the body; ``None`` when that cannot be said."""
        sent = self.attempt.request if self.attempt else None
        if sent is None or len(sent.body) + len(self.received) > MAX_COMPARED_BYTES:
            return None
        return changes(self.received, sent.body)

    def words(self) -> str:
        """What the destination says in its response, in one line."""
        response = self.attempt.response if self.attempt else None
        return words_of(response.body) if response else ""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """What a message's page shows."""

    message: Message
    summary: PayloadSummary
    """What the log shows of the payload, and people search for."""
    ways: Sequence[DeliveryView]
    """The one that is open first, then the most urgent."""
    others: Sequence[PassedOver]
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the attempts ran, and those chosen for the next ones."""
    attempt: Attempt | None
    """The attempt in the panes; ``None`` before the first."""
    panes: Panes
    chosen: str
    """The id of the attempt in the address; empty when it names none."""
    older: str | None
    newer: str | None
    """The addresses of the messages before and after this one: in the log that led here, or in the source."""
    log: str
    """The filters of that log, as ``Filters.carried`` writes them; empty without any."""
    triggers: Mapping[Trigger, Sentence]
    problem: Sentence | None
    """Why an action was refused."""
    active: str = "logs"


@router.get("/messages/{message_id}")
async def show(
    request: Request,
    here: Here,
    message_id: MessageId,
    attempt: AttemptId | None = None,
    delivery: str = "",
    log: str = "",
) -> Response:
    return await show_message(request, here, message_id, attempt, delivery, log=log)


@router.post("/deliveries/{delivery_id}/resend")
@once
async def resend(request: Request, here: Here, delivery_id: DeliveryId) -> Response:
    """Resend with the active version, or with the one that the form names."""
    delivery = await _find_delivery(here, delivery_id)
    form = await forms.read(request)
    try:
        endpoint = await actions.resend(here.services, delivery, posted_choice(form))
    except Invalid as refused:
        return await _refused(request, here, delivery, refused, form)
    said = "resent-paused" if endpoint.paused else "resent"
    return redirect(_back(here, delivery, form), said, request)


@router.post("/deliveries/{delivery_id}/stop")
async def stop(request: Request, here: Here, delivery_id: DeliveryId) -> Response:
    delivery = await _find_delivery(here, delivery_id)
    form = await forms.read(request)
    try:
        await actions.stop(here.services, delivery)
    except Invalid as refused:
        return await _refused(request, here, delivery, refused, form)
    return redirect(_back(here, delivery, form), "stopped", request)


@router.post("/deliveries/{delivery_id}/skip")
async def skip(request: Request, here: Here, delivery_id: DeliveryId) -> Response:
    """Skip a delivery, then return to ``back`` in the form: the message's page or that of its ordered endpoint."""
    delivery = await _find_delivery(here, delivery_id)
    form = await forms.read(request)
    try:
        await controls.skip(here.services, delivery)
    except Invalid as refused:
        return await _refused(request, here, delivery, refused, form)
    return redirect(form.path("back", _back(here, delivery, form)), "skipped", request)


@router.get("/messages/{message_id}/body")
async def received_body(here: Here, message_id: MessageId) -> Response:
    message = await find_message(here, message_id)
    return download(message.body, f"{message.id}.json")


@router.get("/attempts/{attempt_id}/request-body")
async def request_body(here: Here, attempt_id: AttemptId) -> Response:
    attempt = await find_attempt(here, attempt_id)
    return download(attempt.request.body if attempt.request else b"", f"{attempt.id}-request.txt")


@router.get("/attempts/{attempt_id}/response-body")
async def response_body(here: Here, attempt_id: AttemptId) -> Response:
    attempt = await find_attempt(here, attempt_id)
    return download(attempt.response.body if attempt.response else b"", f"{attempt.id}-response.txt")


@router.get("/attempts/{attempt_id}/curl")
async def curl(here: Here, attempt_id: AttemptId) -> Response:
    """The request as a command for a shell; secrets are placeholders."""
    attempt = await find_attempt(here, attempt_id)
    if attempt.request is None:
        raise NotFound(say("This attempt made no request."))
    return download(as_curl(attempt.request).encode(), f"{attempt.id}.sh")


async def find_attempt(here: Visit, attempt_id: AttemptId) -> Attempt:
    found = await here.services.store.read(lambda tx: attempts.get(tx, attempt_id))
    if found is None:
        raise NotFound(say("This attempt does not exist."))
    here.check_owner(found.source_id)
    return found


async def find_message(here: Visit, message_id: MessageId) -> Message:
    try:
        found = await here.services.store.read(lambda tx: messages.get(tx, message_id))
    except UnreadableValue as error:
        raise NotFound(say("The payload of this message is damaged in the database, and cannot be shown.")) from error
    if found is None:
        raise NotFound(_gone(here, message_id))
    here.check_owner(found.source_id)
    return found


async def recent_messages(here: Visit, chosen: Message | None = None) -> Sequence[messages.Row]:
    """The latest messages of the source; before them the chosen one, if it is older."""

    def query(tx: Transaction) -> list[messages.Row]:
        recent = messages.page(tx, messages.Search(source_id=here.source.id), RECENT_MESSAGES)
        if chosen is None or any(row.id == chosen.id for row in recent):
            return recent
        return [messages.row_of(tx, chosen), *recent]

    return await here.services.store.read(query)


async def _find_delivery(here: Visit, delivery_id: DeliveryId) -> Delivery:
    found, owner = await here.services.store.read(
        lambda tx: (deliveries.get(tx, delivery_id), sources.owning(tx, delivery_id))
    )
    if found is None:
        raise NotFound(say("This delivery does not exist."))
    here.check_owner(owner)
    return found


def _log(here: Visit, carried: str) -> Filters:
    """The filters of the log that led to a message."""
    return Filters.of(QueryParams(carried[:MAX_LOG]), here.to("/logs"))


def _at(here: Visit, message_id: MessageId, **asked: str) -> str:
    """The address of a message's page; empty parameters are left out."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return here.to(f"/messages/{message_id}") + (f"?{query}" if query else "")


def _back(here: Visit, delivery: Delivery, form: forms.Form) -> str:
    """The message's page with the filters that the form came with."""
    return _at(here, delivery.message_id, log=_log(here, form.text("log")).carried)


async def _refused(request: Request, here: Visit, delivery: Delivery, refused: Invalid, form: forms.Form) -> Response:
    """The message's page, with the reason of the refusal at the top."""
    problem, log = refused.problems[0].sentence, form.text("log")
    return await show_message(request, here, delivery.message_id, log=log, problem=problem, status=422)


def _gone(here: Visit, message_id: MessageId) -> Sentence:
    """Why there is no such message: its id contains the time of receipt, so retention may explain it."""
    days = here.services.retention_days
    if days and message_id.startswith("msg_") and message_id < earliest(MessageId, here.services.now() - days * DAY_MS):
        return say(
            "This message was received more than {days} days ago and has been deleted by the retention rule.", days=days
        )
    return say("This message does not exist.")


async def show_message(
    request: Request,
    here: Visit,
    message_id: MessageId,
    chosen: AttemptId | None = None,
    opened: str = "",
    *,
    log: str = "",
    problem: Sentence | None = None,
    status: int = 200,
) -> Response:
    message = await find_message(here, message_id)

    fragment = request.headers.get("hx-request-type") == "partial"
    filters = _log(here, log)

    def query(tx: Transaction) -> tuple[_Found, list[PassedOver], tuple[str | None, str | None]]:
        found = _find(tx, here, message, chosen, opened)
        others = passed_over(tx, here, message, {way.delivery.endpoint_id for way in found.ways})
        return found, others, (None, None) if fragment else _beside(tx, here, message, chosen, filters)

    found, others, (older, newer) = await here.services.store.read(query)
    return page(
        request,
        "messages/message.html",
        here,
        MessagePage(
            message=message,
            summary=summary_of(message.event_type, message.body),
            ways=found.ways,
            others=others,
            versions=found.versions,
            attempt=found.attempt,
            panes=Panes(message.body, found.attempt),
            chosen=chosen or "",
            older=older,
            newer=newer,
            log=filters.carried,
            triggers=TRIGGERS,
            problem=problem,
        ),
        block="progress",
        status=status,
    )


def _beside(
    tx: Transaction, here: Visit, message: Message, chosen: AttemptId | None, filters: Filters
) -> tuple[str | None, str | None]:
    """The addresses of the older and the newer message."""
    if not filters.narrow:
        plain = messages.neighbours(tx, message)
        older, newer = (Neighbour(id) if id else None for id in plain)
    else:
        search = filters.search(here.source.id, here.services.now())
        if filters.view and not chosen:
            chosen = next((each.id for each in attempts.of_message(tx, message.id, bodies=False)), None)
        older, newer = log_neighbours.neighbours(tx, search, message.id, chosen if filters.view else None)

    def address(beside: Neighbour | None) -> str | None:
        if beside is None:
            return None
        return _at(here, beside.message_id, attempt=beside.attempt_id or "", log=filters.carried)

    return address(older), address(newer)


@dataclass(frozen=True, slots=True)
class _Found:
    """A message's deliveries, the attempt in the panes, and the versions of code that they name."""

    ways: list[DeliveryView]
    attempt: Attempt | None
    versions: dict[VersionId, VersionName]


def _find(tx: Transaction, here: Visit, message: Message, chosen: AttemptId | None, opened: str) -> _Found:
    """The attempt in the panes is the chosen one, or else the newest of the opened or the most urgent delivery."""
    made = attempts.of_message(tx, message.id, bodies=False)
    found = messages.of_messages(tx, [message.id]).get(message.id, [])
    ran, chosen_next = (each.version_id for each in made), (each.version_id for each in found)
    named = version_rows.names(tx, [*ran, *chosen_next])
    ways = sorted(_ways(tx, here, found, made, named), key=lambda way: way.delivery.urgency)
    shown = next((each for each in made if each.id == chosen), None)
    if shown is None:
        tried = [way for way in ways if way.attempts]
        way = next((each for each in tried if each.delivery.id == opened), tried[0] if tried else None)
        shown = way.attempts[0] if way else None
    if shown is not None:
        ways.sort(key=lambda way: way.delivery.id != shown.delivery_id)
    return _Found(ways, attempts.get(tx, shown.id) if shown else None, named)


def _ways(
    tx: Transaction,
    here: Visit,
    found: Sequence[Delivery],
    made: Sequence[Attempt],
    named: Mapping[VersionId, VersionName],
) -> list[DeliveryView]:
    ids = [delivery.endpoint_id for delivery in found]
    names, existing = endpoints.names(tx, here.services.cards, ids), endpoints.by_ids(tx, ids)
    newest = version_rows.choices(tx, existing)

    def view(delivery: Delivery) -> DeliveryView:
        endpoint_id = delivery.endpoint_id
        endpoint = existing.get(endpoint_id)
        known = [*newest.get(endpoint_id, ()), *(each for each in named.values() if each.endpoint_id == endpoint_id)]
        return DeliveryView(
            delivery,
            names.get(endpoint_id, endpoint_id),
            endpoint,
            [attempt for attempt in made if attempt.delivery_id == delivery.id],
            versions_to_run(endpoint, known) if endpoint else None,
            endpoint is None and deleted_endpoints.get(tx, endpoint_id) is not None,
        )

    return [view(delivery) for delivery in found]
