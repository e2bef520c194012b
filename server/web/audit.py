"""An endpoint's Audit tab: who changed what, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.domain.audit import AuditAction, AuditEntry
from server.domain.ids import VersionId
from server.domain.sentences import Sentence, say
from server.domain.versions import VersionName
from server.store import Transaction, test_cases, versions
from server.store import audit as entries
from server.web.endpoint_frame import TheEndpoint, tab_page
from server.web.page_routes import source_pages
from server.web.visit import Here

router = source_pages()

DONE: Mapping[AuditAction, Sentence] = {
    AuditAction.CREATED: say("Created the endpoint"),
    AuditAction.EDITED: say("Changed settings"),
    AuditAction.ACTIVATED: say("Activated new code"),
    AuditAction.ROLLED_BACK: say("Rolled the code back"),
    AuditAction.PROMOTED: say("Promoted the shadow"),
    AuditAction.SWITCHED_OFF: say("Disabled the transformation"),
    AuditAction.SWITCHED_ON: say("Enabled the transformation"),
    AuditAction.DRAFT_SAVED: say("Saved the draft"),
    AuditAction.DRAFT_RESTORED: say("Restored older code into the draft"),
    AuditAction.DRAFT_DISCARDED: say("Discarded the draft"),
    AuditAction.CASES_ADDED: say("Added test cases"),
    AuditAction.CASES_CHANGED: say("Changed test cases"),
    AuditAction.CASES_DELETED: say("Deleted test cases"),
    AuditAction.SHADOW_STARTED: say("Started a shadow"),
    AuditAction.SHADOW_DROPPED: say("Dropped the shadow"),
    AuditAction.SHADOW_ENDED: say("The shadow's time was over"),
    AuditAction.PAUSED: say("Paused the endpoint"),
    AuditAction.RESUMED: say("Resumed the endpoint"),
    AuditAction.ENABLED: say("Enabled the endpoint"),
    AuditAction.DISABLED: say("Disabled the endpoint"),
    AuditAction.ROTATED: say("Rotated the signing secret"),
    AuditAction.FORMER_STOPPED: say("Expired the old signing secret"),
    AuditAction.REVEALED: say("Revealed a secret"),
    AuditAction.REPLAY_STARTED: say("Started a replay"),
    AuditAction.REPLAY_STOPPED: say("Stopped a replay"),
    AuditAction.DELETED: say("Deleted the endpoint"),
    AuditAction.RESTORED: say("Restored the endpoint"),
    AuditAction.ERASED: say("Deleted the endpoint for good"),
}

FIELDS: Mapping[str, Sentence] = {
    "name": say("Name"),
    "description": say("Description"),
    "url": say("Endpoint URL"),
    "credentials": say("Credentials"),
    "destination": say("Destination"),
    "event_types": say("Subscribed events"),
    "conditions": say("Filter"),
    "headers": say("Custom headers"),
    "variables": say("Variables"),
    "schedule": say("Retry schedule"),
    "rate_limit": say("Rate limit"),
    "concurrency": say("Concurrent attempts"),
    "ordered": say("In-order delivery"),
    "enforce_contract": say("Park events that break the contract"),
}

BECAUSE: Mapping[str, Sentence] = {
    "gone": say("The destination returned 410 Gone."),
    "asked": say("The destination requested it with the header webhook-delivery: disable."),
    "failing": say("Every attempt had failed for several days."),
}

REVEALED: Mapping[str, Sentence] = {
    "secret": say("Signing secret"),
    "former": say("Old signing secret"),
    "url": say("Endpoint URL"),
    "curl": say("cURL command with the secrets"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it."""

    entry: AuditEntry
    done: Sentence
    parts: Sequence[Sentence | str]
    """What else there is to say, in a list."""
    version: VersionName | None
    replay: str
    """The id of a replay; empty when it is about none."""


@dataclass(frozen=True, slots=True)
class AuditTab:
    lines: Sequence[Line]
    before: str
    older: str
    """The id to continue from; empty on the last page."""


@router.get("/endpoints/{endpoint_id}/audit")
async def audit(request: Request, here: Here, endpoint: TheEndpoint, before: str = "") -> Response:
    def query(tx: Transaction) -> tuple[list[AuditEntry], dict[VersionId, VersionName], dict[str, str]]:
        found = entries.page(tx, endpoint.id, before[:40])
        cases = {str(case_id): name for name, case_id in test_cases.names(tx, endpoint.id).items()}
        return found, versions.names(tx, [VersionId(str(each.details.get("version", ""))) for each in found]), cases

    found, named, cases = await here.services.store.read(query)
    lines = [
        Line(
            each,
            DONE[each.action],
            list(_parts(each, cases)),
            named.get(VersionId(str(each.details.get("version", "")))),
            str(each.details.get("replay", "")),
        )
        for each in found
    ]
    older = found[-1].id if len(found) == entries.PAGE else ""
    return await tab_page(request, here, endpoint, "audit", AuditTab(lines, before, older), block="entries")


def _parts(entry: AuditEntry, cases: Mapping[str, str]) -> Iterator[Sentence | str]:
    """``cases``: the names of the test cases that there are, by id."""
    match entry.action:
        case AuditAction.CASES_ADDED | AuditAction.CASES_CHANGED | AuditAction.CASES_DELETED:
            ids = entry.details.get("cases", [])
            known = [cases[each] for each in ids if each in cases]
            yield from known if len(known) == len(ids) else entry.details.get("event_types", [])
        case AuditAction.DRAFT_SAVED:
            if times := str(entry.details.get("times", "")):
                yield say("{times} times", times=times)
        case AuditAction.DRAFT_RESTORED:
            if revision := str(entry.details.get("revision", "")):
                yield say("Revision {number}", number=revision)
        case AuditAction.EDITED:
            fields = entry.details.get("fields", [])
            yield from (FIELDS[name] for name in fields if name in FIELDS)
        case AuditAction.DISABLED:
            if because := BECAUSE.get(str(entry.details.get("because", ""))):
                yield because
        case AuditAction.REVEALED:
            kind, _, name = str(entry.details.get("what", "")).partition("/")
            yield REVEALED.get(kind, name or kind)
        case _:
            return
