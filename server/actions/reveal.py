"""Reveals one secret to a person who has just typed the password."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from server.actions import accounts
from server.actions.accounts import SignInLimiter
from server.actions.sent_requests import unmasked
from server.actions.services import Services
from server.domain.audit import AuditAction
from server.domain.curl import PLACEHOLDER, as_curl
from server.domain.ids import AttemptId, EndpointId, SourceId
from server.domain.sentences import Invalid, Sentence, say
from server.store import Transaction, audit, drafts, endpoints, options, sources
from server.store.accounts import User

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Secret:
    label: Sentence
    value: str
    back: str
    """The address of the page to return to."""
    audited: tuple[EndpointId, str] | None = None
    """Whose audit trail says that it was revealed, and what that calls it."""
    notes: Sequence[Sentence] = ()
    is_command: bool = False
    """A text of several lines for a shell that contains secrets."""


SIGNING = say("Signing secret")
OLD = say("Old signing secret")
COMMAND = say("cURL command with the secrets")
OUTDATED = say(
    "The endpoint's URL, credentials, headers or variables were changed after this attempt. "
    "The command contains those of now."
)
INCOMPLETE = say(
    "Put in the secret yourself where it says {placeholder}: the endpoint makes another request of this event now, "
    "so it is not known which secret was there.",
    placeholder=PLACEHOLDER,
)


async def find(services: Services, what: str) -> Secret | None:
    """The secret that a link names, such as ``endpoint/ep_…/variables/API_KEY``; ``None`` when there is none."""
    kind, _, rest = what.partition("/")
    row_id, _, rest = rest.partition("/")
    field, _, name = rest.partition("/")
    if kind == "attempt":
        return await _command(services, AttemptId(row_id)) if field == "curl" and not name else None

    def query(tx: Transaction) -> Secret | None:
        match kind:
            case "source":
                return _of_source(tx, SourceId(row_id), field)
            case "endpoint":
                return _of_endpoint(tx, EndpointId(row_id), field, name)
            case "alerts":
                return _of_alerts(tx, row_id)
            case _:
                return None

    found = await services.store.read(query)
    if found is None or not found.value:
        return None
    return replace(found, audited=(EndpointId(row_id), rest)) if kind == "endpoint" else found


async def reveal(
    services: Services, tries: SignInLimiter, user: User, what: str, secret: Secret, password: str
) -> Secret:
    """The secret, after checking the person's password. Logs each reveal. Raises ``Invalid``."""
    try:
        await accounts.confirm(services, tries, user, password)
    except Invalid:
        log.warning("secret.not_revealed", what=what, user=user.name)
        raise
    log.info("secret.revealed", what=what, user=user.name)
    if secret.audited:
        endpoint_id, field = secret.audited
        told = {"what": field}
        await services.store.write(
            lambda tx: audit.add(tx, endpoint_id, AuditAction.REVEALED, user.name, services.now(), told)
        )
    return secret


async def _command(services: Services, attempt_id: AttemptId) -> Secret | None:
    found = await unmasked(services, attempt_id)
    if found is None:
        return None
    attempt = found.attempt
    return Secret(
        COMMAND,
        as_curl(found.request),
        f"/messages/{attempt.message_id}?attempt={attempt.id}#panes",
        (attempt.endpoint_id, f"curl/{attempt.id}"),
        [note for note, holds in ((OUTDATED, found.outdated), (INCOMPLETE, not found.complete)) if holds],
        is_command=True,
    )


def _of_source(tx: Transaction, source_id: SourceId, field: str) -> Secret | None:
    source = sources.get(tx, source_id)
    if source is None:
        return None
    if field == "former":
        return Secret(OLD, source.former_secret.secret, "/sources") if source.former_secret else None
    return Secret(SIGNING, source.secret or "", "/sources")


def _of_endpoint(tx: Transaction, endpoint_id: EndpointId, field: str, name: str) -> Secret | None:
    endpoint = endpoints.get(tx, endpoint_id)
    if endpoint is None:
        return None
    page = f"/endpoints/{endpoint.id}"
    match field:
        case "secret":
            return Secret(SIGNING, endpoint.secret, f"{page}/advanced")
        case "former":
            former = endpoint.former_secret
            return Secret(OLD, former.secret, f"{page}/advanced") if former else None
        case "url":
            return Secret(say("Endpoint URL"), endpoint.url, f"{page}/edit")
        case "credentials":
            return Secret(say("Credential {name}", name=name), endpoint.credentials.get(name, ""), f"{page}/edit")
        case "headers":
            return Secret(say("Header {name}", name=name), endpoint.headers.get(name, ""), f"{page}/advanced")
        case "variables":
            return Secret(say("Variable {name}", name=name), endpoint.variables.get(name, ""), f"{page}/advanced")
        case "draft":
            saved = drafts.current(tx, endpoint.id)
            known = (saved.variables or {}) if saved else {}
            return Secret(say("Variable {name}", name=name), known.get(name, ""), f"{page}/transformation")
        case _:
            return None


def _of_alerts(tx: Transaction, field: str) -> Secret | None:
    chosen = options.alerts(tx)
    if field == "secret":
        return Secret(say("Webhook signing secret"), chosen.webhook_secret, "/settings")
    return Secret(say("Webhook URL"), chosen.webhook_url, "/settings") if field == "url" else None
