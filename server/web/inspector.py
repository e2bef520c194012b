"""The inspector: finished requests that were captured instead of sent."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.domain.ids import AttemptId, EndpointId
from server.domain.messages import Attempt, AttemptOutcome
from server.store import Transaction, attempts, endpoints
from server.web.pretty import SHOWN
from server.web.render import page
from server.web.visit import Here

router = APIRouter()


@router.get("/inspector")
async def index(request: Request, here: Here, attempt: str = "", before: str = "") -> Response:
    captured = (AttemptOutcome.CAPTURED,)
    search = attempts.Search(here.source.id, outcomes=captured, before=before if before.isprintable() else "")

    def look(tx: Transaction) -> tuple[list[Attempt], Attempt | None, dict[EndpointId, str]]:
        found = attempts.page(tx, search, bodies=False)
        shown = attempts.get(tx, AttemptId(attempt)) if attempt.isprintable() and attempt else None
        if shown is None or shown.outcome is not AttemptOutcome.CAPTURED or shown.source_id != here.source.id:
            shown = attempts.get(tx, found[0].id) if found else None
        ids = {each.endpoint_id for each in [*found, *([shown] if shown else [])]}
        return found, shown, endpoints.names(tx, here.services.cards, ids)

    found, shown, names = await here.services.store.read(look)
    return page(
        request,
        "inspector/inspector.html",
        here,
        block="captured",
        active="inspector",
        captured=found,
        shown=shown,
        chosen=attempt if shown and shown.id == attempt else "",
        before=before,
        older=found[-1].id if len(found) == attempts.PAGE else "",
        names=names,
        most_shown=SHOWN,
    )
