"""The input of an endpoint's form, and its validation: one sentence for each wrong field."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from server.domain import linear_patterns, pasted, recognition
from server.domain.addresses import AddressRules
from server.domain.cards import Card, CardField, FieldKind
from server.domain.catalog import EVENT_TYPES
from server.domain.conditions import MAX_CONDITIONS, Condition, Operator, path_problem, value_problem
from server.domain.endpoint_names import MAX_NAME
from server.domain.endpoints import NO_SOURCE, URL_NOT_SET, Controls, Destination, Endpoint
from server.domain.ids import EndpointId, Millis, SourceId
from server.domain.pasted import invisible_in
from server.domain.requests import MAX_HEADERS, typed_headers_problems
from server.domain.sentences import Problem, Sentence, say
from server.domain.transformations import MAX_CODE_BYTES
from server.domain.versions import CodeDraft, VersionOrigin
from server.sandbox import Sandbox

MAX_DESCRIPTION = 500
MAX_CREDENTIAL_BYTES = 1024
MAX_VARIABLES = 50
MAX_VARIABLE_BYTES = 4096
MAX_ATTEMPTS_PER_SECOND = 1000

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

Pairs = tuple[tuple[str, str], ...]
Lines = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """The form's fields as typed. Names and values are pairs, since a name may occur twice, which is then refused."""

    card: str
    url: str = ""
    name: str = ""
    """Empty: one is generated."""
    description: str = ""
    destination: Destination = Destination.SEND
    credentials: Mapping[str, str] | None = None
    """By field name of the card; ``None`` when none was typed. May also have values of fields that the card lacks."""
    event_types: frozenset[str] | None = None
    """``None`` subscribes to all."""
    conditions: Lines = ()
    """Path, operator and value of each, as typed."""
    headers: Pairs = ()
    variables: Pairs = ()
    transforming: bool = False
    code: str = ""
    rate_limit: str = ""
    """Of a new endpoint; empty means no limit. Later it is changed on the Advanced tab."""

    @classmethod
    def of(cls, endpoint: Endpoint) -> "EndpointForm":
        """The form of an existing endpoint, its secrets included."""
        return cls(
            card=endpoint.card,
            url="" if endpoint.url == URL_NOT_SET else endpoint.url,
            name=endpoint.name,
            description=endpoint.description,
            destination=endpoint.destination,
            credentials=endpoint.credentials,
            event_types=endpoint.event_types,
            conditions=tuple((one.path, one.operator.value, one.value) for one in endpoint.conditions),
            headers=tuple(endpoint.headers.items()),
            variables=tuple(endpoint.variables.items()),
            transforming=endpoint.transforming,
            code=endpoint.version.code if endpoint.version else "",
            rate_limit=str(endpoint.controls.rate_limit or ""),
        )

    def with_code_of(self, saved: CodeDraft | None) -> "EndpointForm":
        """The form with the code, variables and switch of a saved draft in place of the active ones."""
        if saved is None:
            return self
        variables = self.variables if saved.variables is None else tuple(saved.variables.items())
        return replace(self, code=saved.code, variables=variables, transforming=saved.transforming)

    def typed(self, field: str) -> str:
        return (self.credentials or {}).get(field, "")


def credentials_of(draft: EndpointForm, card: Card, stored: Mapping[str, str]) -> dict[str, str]:
    """The values of the card's fields: an empty secret keeps the stored one, an empty choice means the first."""

    def value(field: CardField) -> str:
        typed = draft.typed(field.name)
        match field.kind:
            case FieldKind.SECRET:
                return typed or stored.get(field.name, "")
            case FieldKind.CHOICE:
                return typed or field.choices[0][0]
            case FieldKind.TEXT:
                return typed

    return {field.name: value(field) for field in card.fields}


def url_of(draft: EndpointForm, card: Card, credentials: Mapping[str, str]) -> str:
    """The endpoint's URL before the code changes it; ``URL_NOT_SET`` when there is none."""
    return (draft.url if card.asks_url else card.default_url(credentials)) or URL_NOT_SET


def as_endpoint(
    draft: EndpointForm,
    card: Card,
    endpoint_id: EndpointId,
    source_id: SourceId = NO_SOURCE,
    *,
    stored_credentials: Mapping[str, str] | None = None,
    secret: str = "",
    author: str = "",
    origin: VersionOrigin = VersionOrigin.PAGE,
    now: Millis = 0,
) -> Endpoint:
    """The endpoint that a draft without ``problems`` describes. ``stored_credentials`` replace secrets not retyped."""
    credentials = credentials_of(draft, card, stored_credentials or {})
    return Endpoint.new(
        id=endpoint_id,
        source_id=source_id,
        card=card.name,
        url=url_of(draft, card, credentials),
        destination=draft.destination,
        transforming=draft.transforming,
        code=draft.code,
        name=draft.name,
        description=draft.description,
        credentials=credentials,
        headers=dict(draft.headers),
        variables=dict(draft.variables),
        event_types=draft.event_types,
        conditions=conditions_of(draft),
        controls=Controls(rate_limit=rate if isinstance(rate := rate_limit_of(draft.rate_limit), int) else None),
        secret=secret,
        author=author,
        origin=origin,
        now=now,
    )


class ChecksDrafts(Protocol):
    """What checking a draft needs."""

    @property
    def sandbox(self) -> Sandbox: ...

    @property
    def rules(self) -> AddressRules: ...


async def problems(services: ChecksDrafts, draft: EndpointForm, card: Card, stored: Mapping[str, str]) -> list[Problem]:
    """Everything wrong with a draft, in the order of the form. ``stored``: the saved credentials."""
    credentials = credentials_of(draft, card, stored)
    wrong = list(credential_problems(card, credentials, draft.destination))
    return [
        *url_problems(draft, card, services.rules),
        *(wrong or host_problems(card, credentials, services.rules)),
        *name_problems(draft.name),
        *_description_problems(draft.description),
        *_event_type_problems(draft.event_types),
        *condition_problems(draft.conditions),
        *await code_problems(services, draft),
        *variable_problems(draft.variables),
        *header_problems(draft.headers),
        *_rate_limit_problems(draft.rate_limit),
    ]


def rate_limit_of(typed: str) -> int | Sentence | None:
    """The most attempts started per second; ``None`` for no limit, or what is wrong with the text."""
    return limit_of(typed, MAX_ATTEMPTS_PER_SECOND)


def limit_of(typed: str, most: int) -> int | Sentence | None:
    """A typed limit from 1 to ``most``; ``None`` when it is empty, or what is wrong with it."""
    if not typed:
        return None
    if typed.isascii() and typed.isdecimal() and len(typed) < 10 and 1 <= int(typed) <= most:
        return int(typed)
    return say("Enter a whole number from 1 to {most}, or leave empty for no limit.", most=most)


async def code_problems(services: ChecksDrafts, draft: EndpointForm) -> list[Problem]:
    """What is wrong with the code. The sentence of a syntax error has the values ``line``, ``column``, ``message``."""
    if problem := unusable_code(draft):
        return [Problem("code", problem)]
    error = await services.sandbox.check(draft.code) if draft.code.strip() else None
    if error is None:
        return []
    line, column = error.line or 1, error.column or 1
    sentence = say("Line {line}, column {column}: {message}", line=line, column=column, message=error.message)
    return [Problem("code", sentence)]


def unusable_code(draft: EndpointForm) -> Sentence | None:
    """Why this code cannot be used, before checking its syntax: it is missing or too long; ``None`` when it can."""
    if draft.transforming and not draft.code.strip():
        return say("Write the transformation, or disable it to forward events unchanged.")
    if len(draft.code.encode("utf-8", "replace")) > MAX_CODE_BYTES:
        return say("The code is longer than {limit} KiB.", limit=MAX_CODE_BYTES // 1024)
    return None


def conditions_of(draft: EndpointForm) -> tuple[Condition, ...]:
    """The filter of a draft without ``condition_problems``."""
    return tuple(Condition(path, Operator(kind), value) for path, kind, value in draft.conditions)


def condition_problems(lines: Lines) -> Iterator[Problem]:
    """What is wrong with the filter, in the fields ``conditions.<row>``."""
    for row, (path, kind, value) in enumerate(lines[:MAX_CONDITIONS]):
        if kind not in set(Operator):
            yield Problem(f"conditions.{row}", say("Select a comparison."))
        elif problem := path_problem(path) or value_problem(Operator(kind), value):
            yield Problem(f"conditions.{row}", problem)
    if len(lines) > MAX_CONDITIONS:
        yield Problem("conditions", say("A filter can have at most {limit} conditions.", limit=MAX_CONDITIONS))


def header_problems(pairs: Pairs) -> Iterator[Problem]:
    yield from typed_headers_problems(pairs)
    if len(pairs) > MAX_HEADERS:
        yield Problem("headers", say("You can set at most {limit} headers.", limit=MAX_HEADERS))


def variable_problems(pairs: Pairs) -> Iterator[Problem]:
    """What is wrong with the variables, in the fields ``variables.<row>``."""
    seen: set[str] = set()
    for row, (name, value) in enumerate(pairs):
        if problem := _variable_problem(name, value, seen):
            yield Problem(f"variables.{row}", problem)
        seen.add(name)
    if len(pairs) > MAX_VARIABLES:
        yield Problem("variables", say("You can set at most {limit} variables.", limit=MAX_VARIABLES))


def url_problems(draft: EndpointForm, card: Card, rules: AddressRules) -> Iterator[Problem]:
    """What is wrong with a typed URL; nothing when the card makes the URL itself."""
    if not card.asks_url or (not draft.url and draft.destination is Destination.CAPTURE):
        return
    problem = pasted.url_problem(draft.url) or recognition.url_mistake(card, draft.url) or rules.check_url(draft.url)
    if problem:
        yield Problem("url", problem)


def credential_problems(card: Card, values: Mapping[str, str], destination: Destination) -> Iterator[Problem]:
    """What is wrong with the values of the card's fields, in the fields ``credentials.<name>``."""
    for field in card.fields:
        if problem := _credential_problem(field, values[field.name], destination):
            yield Problem(f"credentials.{field.name}", problem)


def host_problems(card: Card, values: Mapping[str, str], rules: AddressRules) -> Iterator[Problem]:
    """What is wrong with a URL whose host is a value of the card's fields, at that field."""
    name = "" if card.asks_url else card.host_field(values)
    if name and values[name] and (problem := rules.check_url(card.default_url(values))):
        yield Problem(f"credentials.{name}", problem)


def _credential_problem(field: CardField, value: str, destination: Destination) -> Sentence | None:
    label = Sentence(field.label)
    if not value:
        # Capturing sends nothing, so that people can start without an account at the destination.
        wanted = destination is Destination.SEND and not field.optional
        return say("Enter the {label}.", label=label) if wanted else None
    if field.kind is FieldKind.CHOICE and value not in dict(field.choices):
        return say("Select a value for {label}.", label=label)
    if len(value.encode()) > MAX_CREDENTIAL_BYTES:
        return say("The {label} is longer than {limit} bytes.", label=label, limit=MAX_CREDENTIAL_BYTES)
    if not value.isprintable() or invisible_in(value):
        return say("The {label} contains a line break or a control character. Copy it again.", label=label)
    if problem := recognition.field_mistake(field, value):
        return problem
    if field.pattern and not linear_patterns.fits(field.pattern, value):
        return say(field.pattern_hint)
    return None


def name_problems(name: str) -> Iterator[Problem]:
    """What is wrong with the name of an endpoint, in the field ``name``."""
    if len(name) > MAX_NAME:
        yield Problem("name", say("The name is longer than {limit} characters.", limit=MAX_NAME))
    elif not name.isprintable() or invisible_in(name):
        yield Problem("name", say("The name contains a line break or a control character."))


def _description_problems(description: str) -> Iterator[Problem]:
    if len(description) > MAX_DESCRIPTION:
        yield Problem("description", say("The description is longer than {limit} characters.", limit=MAX_DESCRIPTION))


def _event_type_problems(chosen: Iterable[str] | None) -> Iterator[Problem]:
    if chosen is None:
        return
    names = set(chosen)
    if not names:
        yield Problem("event_types", say("Select at least one event type, or subscribe to all events."))
    for name in sorted(names - EVENT_TYPES.keys())[:1]:
        yield Problem("event_types", say("There is no event type “{name}”.", name=name[:80]))


def _rate_limit_problems(typed: str) -> Iterator[Problem]:
    if isinstance(problem := rate_limit_of(typed), Sentence):
        yield Problem("rate_limit", problem)


def _variable_problem(name: str, value: str, seen: set[str]) -> Sentence | None:
    if not _VARIABLE_NAME.fullmatch(name):
        return say(
            "A variable name can contain letters, digits and _, cannot start with a digit, and can be at "
            "most 64 characters long."
        )
    if name in seen:
        return say("The variable {name} is set twice.", name=name)
    if problem := pasted.value_problem(name, value):
        return problem
    if len(value.encode()) > MAX_VARIABLE_BYTES:
        return say("The value of {name} is longer than {limit} bytes.", name=name, limit=MAX_VARIABLE_BYTES)
    return None
