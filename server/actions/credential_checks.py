"""Checks credentials with the one harmless call that a card describes, and says in a sentence what came of it."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from server.actions.endpoint_form import EndpointForm, as_endpoint, credential_problems, credentials_of, url_problems
from server.actions.services import Services
from server.delivery.courier import Blocked, Responded, Sent, Unreachable
from server.delivery.feed import Changed
from server.domain.addresses import url_problem
from server.domain.cards import Card, CheckResult, CheckRule, filled, filled_url
from server.domain.contract_schemas import Patterns, compiled
from server.domain.endpoints import URL_NOT_SET, Destination, Endpoint
from server.domain.ids import EndpointId, UserId, unique
from server.domain.masking import Masker, masker_of
from server.domain.messages import ReceivedResponse
from server.domain.reasons import as_sentence
from server.domain.requests import DEFAULTS, FinishedRequest, headers_problem, layered
from server.domain.sentences import Invalid, Sentence, say
from server.domain.shortened import shortened
from server.domain.visible import visible

log = structlog.get_logger()

SECONDS = 5.0
"""For the whole call. Nobody waits longer for a sentence."""
MAX_VALUE_CHARACTERS = 120
"""Of a value of the response that the sentence shows."""

_POINTER = re.compile(r"\{(/[^{}]*|status)\}")


class Outcome(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    LIMITED = "limited"
    """Valid, but with fewer rights than the card needs."""
    ELSEWHERE = "elsewhere"
    """Valid at another value of a choice, such as the other region."""
    UNCLEAR = "unclear"
    """The response says nothing about the credentials."""
    UNREACHABLE = "unreachable"
    NONE = "none"
    """The destination offers no harmless call."""
    INCOMPLETE = "incomplete"
    """A value is missing or wrong, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A choice that the credentials belong to."""

    field: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class CheckedCredentials:
    outcome: Outcome
    sentence: Sentence
    switch: Switch | None = None


async def check(
    services: Services,
    user_id: UserId,
    draft: EndpointForm,
    card: Card,
    stored: Endpoint | None = None,
    *,
    by_itself: bool = False,
) -> CheckedCredentials:
    """Check what was typed. ``stored``: the endpoint being edited, which supplies secrets that were not retyped.

    ``by_itself``: nobody asked for it, so it is counted apart and does not keep the person from a check of their own.
    Never raises because of the destination or what was typed. Sends at most one request.
    """
    if not card.check.urls:
        none = Sentence(card.check.none) if card.check.none else say("This card has no call that checks credentials.")
        return CheckedCredentials(Outcome.NONE, none)
    kept = stored.credentials if stored else {}
    if problem := _first_problem(services, draft, card, kept):
        return CheckedCredentials(Outcome.INCOMPLETE, problem)
    endpoint = as_endpoint(draft, card, EndpointId(unique("check")), stored_credentials=kept)
    try:
        with services.bounds.one(f"{user_id}/saved" if by_itself else user_id, services.now()):
            found = await _ask(services, card, endpoint)
    except Invalid as refused:
        return CheckedCredentials(Outcome.UNCLEAR, refused.problems[0].sentence)
    endpoint_id = stored.id if stored else None
    log.info("credentials.checked", card=card.name, result=found.outcome, user_id=user_id, endpoint_id=endpoint_id)
    return found


def begin(services: Services, user_id: UserId, endpoint: Endpoint) -> None:
    """Check a saved endpoint's credentials in the background; ``services.checks`` has the result.

    Does nothing when the card has no check, or when a value is missing, as while capturing.
    """
    card = services.cards.get(endpoint.card)
    services.checks.forget(endpoint.id)
    if (
        card is None
        or not card.check.urls
        or _first_problem(services, EndpointForm.of(endpoint), card, endpoint.credentials)
    ):
        return
    services.checks.start(
        endpoint.id,
        check(services, user_id, EndpointForm.of(endpoint), card, endpoint, by_itself=True),
        services.now(),
        lambda: services.feed.publish(Changed(endpoint.source_id, None, endpoint.id)),
    )


def _first_problem(services: Services, draft: EndpointForm, card: Card, stored: Mapping[str, str]) -> Sentence | None:
    """What keeps the credentials from being checked: a value that is missing or wrong."""
    tried = replace(draft, destination=Destination.SEND)  # also while capturing, values must be complete
    credentials = credentials_of(tried, card, stored)
    wrong = [*url_problems(tried, card, services.rules), *credential_problems(card, credentials, tried.destination)]
    return wrong[0].sentence if wrong else None


async def _ask(services: Services, card: Card, endpoint: Endpoint) -> CheckedCredentials:
    request = check_request(card, endpoint)
    if problem := url_problem(request.url) or headers_problem(request.headers):
        return CheckedCredentials(Outcome.INCOMPLETE, as_sentence(problem))
    try:
        async with asyncio.timeout(SECONDS):
            sent: Sent = await services.courier.send(request, endpoint=endpoint.id)
    except TimeoutError:
        return _unreachable(say("The destination did not respond within {seconds} s.", seconds=f"{SECONDS:g}"))
    match sent:
        case Responded(response):
            return read(card, response, endpoint.credentials, masker_of(endpoint, card))
        case Unreachable(error) | Blocked(error):
            return _unreachable(as_sentence(error.cause))


def _unreachable(reason: Sentence) -> CheckedCredentials:
    return CheckedCredentials(Outcome.UNREACHABLE, say("The credentials could not be checked: {reason}", reason=reason))


def check_request(card: Card, endpoint: Endpoint) -> FinishedRequest:
    """The request of the card's check, with the endpoint's credentials."""
    check, values = card.check, card.values(endpoint.credentials)
    typed = "" if endpoint.url == URL_NOT_SET else endpoint.url
    # The typed URL goes in as it is; everything else is encoded.
    first, *others = card.check_url(endpoint.credentials).split("{url}")
    url = typed.join([filled_url(first, values), *(filled(part, values, in_url=True) for part in others)])
    own = {name: filled(template, values) for name, template in check.headers.items()}
    headers = layered(DEFAULTS, card.request_headers(endpoint.credentials), own)
    body = filled(check.body, {name: json.dumps(value)[1:-1] for name, value in values.items()}).encode()
    if check.method == "GET":
        headers, body = {name: value for name, value in headers.items() if name.lower() != "content-type"}, b""
    return FinishedRequest(check.method, url, headers, body)


def read(card: Card, response: ReceivedResponse, credentials: Mapping[str, str], masker: Masker) -> CheckedCredentials:
    """What a response to the check says. Nothing of the response but named values is shown, and no secret."""
    text = response.body.decode("utf-8", "replace")
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    for rule in card.check.rules:
        if _matches(rule, response.status, text, body):
            if rule.result is CheckResult.ELSEWHERE and rule.switch.items() <= credentials.items():
                continue  # that is the choice that was made
            sentence = _sentence(rule.say, response.status, body, masker) or _usual(rule.result, response.status)
            return CheckedCredentials(Outcome(rule.result), sentence, _switch(card, rule))
    if 200 <= response.status < 300:
        return CheckedCredentials(Outcome.VALID, _usual(CheckResult.VALID, response.status))
    if response.status in (401, 403):
        return CheckedCredentials(Outcome.INVALID, _usual(CheckResult.INVALID, response.status))
    return CheckedCredentials(Outcome.UNCLEAR, _usual(CheckResult.UNCLEAR, response.status))


def _usual(result: CheckResult, status: int) -> Sentence:
    match result:
        case CheckResult.VALID:
            return say("The credentials are valid.")
        case CheckResult.INVALID:
            return say("The destination refuses the credentials (status {status}).", status=status)
        case CheckResult.LIMITED:
            return say("The credentials are valid, but have fewer rights than needed.")
        case CheckResult.ELSEWHERE:
            return say("The credentials are valid, but belong to another choice.")
        case CheckResult.UNCLEAR:
            return say("The credentials could not be checked (status {status}).", status=status)


def _matches(rule: CheckRule, status: int, text: str, body: Any) -> bool:
    if rule.statuses and not any(_is_status(pattern, status) for pattern in rule.statuses):
        return False
    try:
        if rule.text and not Patterns().compiled(rule.text, "text").matches(text):
            return False
        return not rule.json or (
            body is not None and compiled(json.loads(rule.json), "json", Patterns()).is_valid(body)
        )
    except ValueError:  # an own card's schema or regular expression that cannot be used
        return False


def _is_status(pattern: str, status: int) -> bool:
    """Whether a status fits ``200`` or ``2xx``."""
    return len(pattern) == 3 and all(p in ("x", s) for p, s in zip(pattern, str(status), strict=False))


def _switch(card: Card, rule: CheckRule) -> Switch | None:
    for name, value in rule.switch.items():
        field = next((each for each in card.fields if each.name == name), None)
        if field:
            return Switch(name, value, dict(field.choices).get(value, value))
    return None


def _sentence(template: str, status: int, body: Any, masker: Masker) -> Sentence | None:
    """The rule's sentence with the values of the response that it names; ``None`` when it or a value is missing."""
    if not template:
        return None
    names = _POINTER.findall(template)
    if re.search(r"[{}]", _POINTER.sub("", template)) or any(re.search(r"[.!:\[\]]", name) for name in names):
        return Sentence(template)  # not a template: shown as it is
    found = {name: status if name == "status" else _at(body, name) for name in names}
    if any(value is None or isinstance(value, dict | list) for value in found.values()):
        return None
    return Sentence(template, {name: _shown(value, masker) for name, value in found.items()})


def _at(body: Any, pointer: str) -> Any:
    """The value at a JSON pointer; ``None`` when there is none."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(body, Mapping):
            body = body.get(key)
        elif isinstance(body, list) and key.isdecimal() and int(key) < len(body):
            body = body[int(key)]
        else:
            return None
    return body


def _shown(value: Any, masker: Masker) -> str:
    text = " ".join(visible(value if isinstance(value, str) else json.dumps(value)).split())
    return shortened(masker.text(text), MAX_VALUE_CHARACTERS)
