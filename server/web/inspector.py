"""The inspector: finished requests that were captured instead of sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.domain.ids import AttemptId, EndpointId, VersionId
from server.domain.inspector_addresses import InspectorAddress
from server.domain.messages import Attempt, AttemptOutcome
from server.domain.versions import VersionName
from server.store import Transaction, attempts, endpoints, inspector, versions
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here

router = source_pages()


@dataclass(frozen=True, slots=True)
class Inspector:
    """What the inspector shows: a page of captured requests, and one of them in full."""

    captured: Sequence[Attempt]
    shown: Attempt | None
    chosen: str
    """The attempt that the address names; empty when another is shown."""
    before: str
    """The attempt from which on older ones are listed; empty for the newest."""
    older: str
    """The same for the next page; empty when there is none."""
    names: Mapping[EndpointId, str]
    versions: Mapping[VersionId, VersionName]
    """The version of the code that made the shown request; empty when no code ran, or the endpoint was deleted."""
    addresses: Sequence[InspectorAddress] = ()
    """Those of the source."""
    active: str = "inspector"


@router.get("/inspector")
async def index(request: Request, here: Here, attempt: str = "", before: str = "") -> Response:
    captured = (AttemptOutcome.CAPTURED,)
    search = attempts.Search(here.source.id, outcomes=captured, before=before if before.isprintable() else "")

    def query(
        tx: Transaction,
    ) -> tuple[
        list[Attempt], Attempt | None, dict[EndpointId, str], dict[VersionId, VersionName], list[InspectorAddress]
    ]:
        found = attempts.page(tx, search, bodies=False)
        shown = attempts.get(tx, AttemptId(attempt)) if attempt.isprintable() and attempt else None
        if shown is None or shown.outcome is not AttemptOutcome.CAPTURED or shown.source_id != here.source.id:
            shown = attempts.get(tx, found[0].id) if found else None
        ids = {each.endpoint_id for each in [*found, *([shown] if shown else [])]}
        named = versions.names(tx, [shown.version_id]) if shown and endpoints.by_ids(tx, [shown.endpoint_id]) else {}
        names = endpoints.names(tx, here.services.cards, ids)
        return found, shown, names, named, inspector.of_source(tx, here.source.id)

    found, shown, names, named, addresses = await here.services.store.read(query)
    values = Inspector(
        captured=found,
        shown=shown,
        chosen=attempt if shown and shown.id == attempt else "",
        before=before,
        older=found[-1].id if len(found) == attempts.PAGE else "",
        names=names,
        versions=named,
        addresses=addresses,
    )
    return page(request, "inspector/inspector.html", here, values, block="captured")
