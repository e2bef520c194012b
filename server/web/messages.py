"""A message's page: its source, its delivery to each endpoint, and each attempt in three panes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import controls
from server.actions import messages as actions
from server.domain.endpoints import Endpoint
from server.domain.faults import KIND
from server.domain.ids import AttemptId, DeliveryId, MessageId, VersionId, earliest
from server.domain.messages import Attempt, AttemptError, Delivery, DeliveryState, Message, StoppedBecause, Trigger
from server.domain.sentences import Invalid, Sentence, say
from server.domain.versions import VersionName
from server.store import Transaction, attempts, deliveries, endpoints, messages, sources
from server.store import versions as version_rows
from server.web import forms
from server.web.errors import NotFound
from server.web.page_routes import source_pages
from server.web.passed_over import PassedOver, passed_over
from server.web.pretty import SHOWN
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
}


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


@dataclass(frozen=True, slots=True)
class MessagePage:
    """What a message's page shows."""

    message: Message
    ways: Sequence[DeliveryView]
    others: Sequence[PassedOver]
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the attempts ran, and those chosen for the next ones."""
    attempt: Attempt | None
    """The attempt in the panes; ``None`` before the first."""
    chosen: str
    """The id of the attempt in the address; empty when it names none."""
    triggers: Mapping[Trigger, Sentence]
    problem: Sentence | None
    """Why an action was refused."""
    most_shown: int
    """Characters of a body that the panes show."""
    active: str = "logs"


@router.get("/messages/{message_id}")
async def show(request: Request, here: Here, message_id: MessageId, attempt: AttemptId | None = None) -> Response:
    return await show_message(request, here, message_id, attempt)


@router.post("/deliveries/{delivery_id}/resend")
async def resend(request: Request, here: Here, delivery_id: DeliveryId) -> Response:
    """Resend with the active version, or with the one that the form names."""
    delivery = await _find_delivery(here, delivery_id)
    try:
        endpoint = await actions.resend(here.services, delivery, posted_choice(await forms.read(request)))
    except Invalid as refused:
        return await _refused(request, here, delivery, refused)
    said = "resent-paused" if endpoint.paused else "resent"
    return redirect(here.to(f"/messages/{delivery.message_id}"), said, request)


@router.post("/deliveries/{delivery_id}/stop")
async def stop(request: Request, here: Here, delivery_id: DeliveryId) -> Response:
    delivery = await _find_delivery(here, delivery_id)
    try:
        await actions.stop(here.services, delivery)
    except Invalid as refused:
        return await _refused(request, here, delivery, refused)
    return redirect(here.to(f"/messages/{delivery.message_id}"), "stopped", request)


@router.post("/deliveries/{delivery_id}/skip")
async def skip(request: Request, here: Here, delivery_id: DeliveryId) -> Response:
    """Skip a delivery, then return to ``back`` in the form: the message's page or that of its ordered endpoint."""
    delivery = await _find_delivery(here, delivery_id)
    back = (await forms.read(request)).path("back", here.to(f"/messages/{delivery.message_id}"))
    try:
        await controls.skip(here.services, delivery)
    except Invalid as refused:
        return await _refused(request, here, delivery, refused)
    return redirect(back, "skipped", request)


@router.get("/messages/{message_id}/body")
async def received_body(here: Here, message_id: MessageId) -> Response:
    message = await find_message(here, message_id)
    return _download(message.body, f"{message.id}.json")


@router.get("/attempts/{attempt_id}/request-body")
async def request_body(here: Here, attempt_id: AttemptId) -> Response:
    attempt = await find_attempt(here, attempt_id)
    return _download(attempt.request.body if attempt.request else b"", f"{attempt.id}-request.txt")


@router.get("/attempts/{attempt_id}/response-body")
async def response_body(here: Here, attempt_id: AttemptId) -> Response:
    attempt = await find_attempt(here, attempt_id)
    return _download(attempt.response.body if attempt.response else b"", f"{attempt.id}-response.txt")


async def find_attempt(here: Visit, attempt_id: AttemptId) -> Attempt:
    found = await here.services.store.read(lambda tx: attempts.get(tx, attempt_id))
    if found is None:
        raise NotFound(say("This attempt does not exist."))
    here.check_owner(found.source_id)
    return found


async def find_message(here: Visit, message_id: MessageId) -> Message:
    found = await here.services.store.read(lambda tx: messages.get(tx, message_id))
    if found is None:
        raise NotFound(_gone(here, message_id))
    here.check_owner(found.source_id)
    return found


async def recent_messages(here: Visit) -> Sequence[messages.Row]:
    """The latest messages of the source."""
    search = messages.Search(source_id=here.source.id)
    return await here.services.store.read(lambda tx: messages.page(tx, search, RECENT_MESSAGES))


async def _find_delivery(here: Visit, delivery_id: DeliveryId) -> Delivery:
    found, owner = await here.services.store.read(
        lambda tx: (deliveries.get(tx, delivery_id), sources.owning(tx, delivery_id))
    )
    if found is None:
        raise NotFound(say("This delivery does not exist."))
    here.check_owner(owner)
    return found


async def _refused(request: Request, here: Visit, delivery: Delivery, refused: Invalid) -> Response:
    """The message's page, with the reason of the refusal at the top."""
    return await show_message(request, here, delivery.message_id, problem=refused.problems[0].sentence, status=422)


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
    *,
    problem: Sentence | None = None,
    status: int = 200,
) -> Response:
    message = await find_message(here, message_id)

    def look(
        tx: Transaction,
    ) -> tuple[list[DeliveryView], list[PassedOver], dict[VersionId, VersionName], Attempt | None]:
        made = attempts.of_message(tx, message.id, bodies=False)
        known = [each.id for each in made]
        shown = attempts.get(tx, chosen if chosen in known else known[0]) if known else None
        found = messages.of_messages(tx, [message.id]).get(message.id, [])
        ran, chosen_next = (each.version_id for each in made), (each.version_id for each in found)
        named = version_rows.names(tx, [*ran, *chosen_next])
        ways = _ways(tx, here, found, made, named)
        return ways, passed_over(tx, here, message, {way.delivery.endpoint_id for way in ways}), named, shown

    ways, others, versions, attempt = await here.services.store.read(look)
    return page(
        request,
        "messages/message.html",
        here,
        MessagePage(
            message=message,
            ways=ways,
            others=others,
            versions=versions,
            attempt=attempt,
            chosen=chosen or "",
            triggers=TRIGGERS,
            problem=problem,
            most_shown=SHOWN,
        ),
        block="progress",
        status=status,
    )


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
        )

    return [view(delivery) for delivery in found]


def _download(body: bytes, filename: str) -> Response:
    """The body as a download. The browser must never render it: foreign content must not run on our origin."""
    disposition = f'attachment; filename="{filename}"'
    return Response(body, media_type="application/octet-stream", headers={"content-disposition": disposition})
