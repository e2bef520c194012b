"""``GET /notices``: operational events of a source, newest first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import operational_events as actions
from server.domain.ids import EndpointId, NoticeId
from server.domain.messages import AttemptError
from server.domain.notification_settings import Channel, Notification, NotificationState
from server.domain.operational_events import OperationalEvent
from server.domain.retries import WaitingRetries
from server.domain.sentences import Sentence, say
from server.store import Transaction, endpoints, notifications, operational_events, replay_matches, waiting_retries
from server.web import forms
from server.web.page_routes import source_pages
from server.web.render import page, redirect
from server.web.visit import Here, Visit

router = source_pages()

MAX_ENDPOINTS_WAITING = 10
"""A page of many events says for so many endpoints what waits."""

TELLING: Mapping[tuple[Channel, NotificationState], Sentence] = {
    (Channel.EMAIL, NotificationState.PENDING): say("E-mail queued"),
    (Channel.EMAIL, NotificationState.SENT): say("E-mail sent"),
    (Channel.EMAIL, NotificationState.FAILED): say("E-mail not sent"),
    (Channel.WEBHOOK, NotificationState.PENDING): say("Webhook queued"),
    (Channel.WEBHOOK, NotificationState.SENT): say("Webhook sent"),
    (Channel.WEBHOOK, NotificationState.FAILED): say("Webhook not sent"),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """The state of an operational event's notification over one channel."""

    words: Sentence
    state: NotificationState
    error: AttemptError | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An operational event as pages show it."""

    notice: OperationalEvent
    text: Sentence
    endpoint: str
    """The endpoint's name; empty when the event is about no endpoint."""
    telling: Sequence[Telling]
    retries: WaitingRetries | None = None
    """What waits for a retry at its endpoint now; only beside the newest event about that."""


@dataclass(frozen=True, slots=True)
class OperationalEventList:
    """What the list of operational events shows."""

    shown: Sequence[Shown]
    before: str
    """The id that the list begins after; empty for the newest."""
    older: str | None
    """The address of the next older entries; ``None`` when there are none."""
    active: str = "notices"


@router.get("/notices")
async def index(request: Request, here: Here, before: str = "") -> Response:
    def query(tx: Transaction) -> list[Shown]:
        return shown(tx, here, operational_events.page(tx, here.source.id, before=before))

    found = await here.services.store.read(query)
    return page(
        request,
        "operational_events/list.html",
        here,
        OperationalEventList(
            shown=found,
            before=before,
            older=here.to(f"/notices?before={found[-1].notice.id}") if len(found) == operational_events.PAGE else None,
        ),
        block="list",
    )


@router.get("/notices/unseen")
async def unseen(request: Request, here: Here) -> Response:
    """The number of unseen operational events in the navigation, which open pages refresh."""
    return page(request, "operational_events/unseen.html", here, block="badge")


@router.post("/notices/seen")
async def see(request: Request, here: Here) -> Response:
    await actions.see(here.services, here.source.id, (await forms.read(request)).text("up_to"))
    return redirect(here.to("/notices"), request=request)


def shown(tx: Transaction, here: Visit, found: Sequence[OperationalEvent]) -> list[Shown]:
    names = endpoints.names(tx, here.services.cards, [each.endpoint_id for each in found if each.endpoint_id])
    told = notifications.of_notices(tx, [each.id for each in found])
    about_parked = {each.endpoint_id for each in found if each.type.wording_when_none_parked and each.endpoint_id}
    parked = {endpoint_id for endpoint_id in about_parked if replay_matches.parked(tx, endpoint_id, 1)}
    waiting = _waiting(tx, here, found)
    return [
        Shown(
            notice=each,
            text=_text(each, parked),
            endpoint=names.get(each.endpoint_id, each.endpoint_id) if each.endpoint_id else "",
            telling=[_telling(one) for one in told.get(each.id, ())],
            retries=waiting.get(each.id),
        )
        for each in found
    ]


def _waiting(tx: Transaction, here: Visit, found: Sequence[OperationalEvent]) -> dict[NoticeId, WaitingRetries]:
    """What waits for a retry now, by the newest event about it of each endpoint. Both numbers have a bound."""
    newest: dict[EndpointId, NoticeId] = {}
    for each in sorted(found, key=lambda one: one.updated_at, reverse=True):
        if each.type.about_waiting and each.endpoint_id and len(newest) < MAX_ENDPOINTS_WAITING:
            newest.setdefault(each.endpoint_id, each.id)
    now, most = here.services.now(), operational_events.MAX_WAITING_COUNTED
    counted = {notice: waiting_retries.find(tx, of, now, most) for of, notice in newest.items()}
    return {notice: retries for notice, retries in counted.items() if retries}


def _text(notice: OperationalEvent, parked: Collection[EndpointId]) -> Sentence:
    """What happened. Does not raise for a damaged row, which would break the whole page.

    Uses the other wording when nothing is parked any more.
    """
    try:
        none_parked = notice.type.wording_when_none_parked if notice.endpoint_id not in parked else None
        return none_parked(notice.detail, notice.count) if none_parked else notice.text
    except (KeyError, ValueError, TypeError):
        return say("This operational event could not be read from the database.")


def _telling(one: Notification) -> Telling:
    return Telling(TELLING[one.channel, one.state], one.state, AttemptError("", one.error) if one.error else None)
