"""Converts an endpoint's form: posted fields into an ``EndpointForm``, and that into values for the template."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from server.actions.code_checks import Correction
from server.actions.endpoint_form import EndpointForm, Lines, Pairs
from server.actions.test_sends import SentTest
from server.actions.trials import TestRun
from server.domain.cards import Card
from server.domain.catalog import EVENT_TYPES, GROUPS, EventType, sample_json
from server.domain.conditions import VALUELESS, Operator
from server.domain.endpoints import URL_NOT_SET, Destination, Endpoint
from server.domain.masking import is_secret_url, tail
from server.domain.messages import Message
from server.domain.pasted import trimmed
from server.domain.payloads import paths_in
from server.domain.requests import SHOWN
from server.domain.sentences import Problem, Sentence, say
from server.web.forms import MAX_STAMP, Form

TREE = tuple((group.title, group.event_types) for group in GROUPS)
"""(title, event types) of each group, for ``ui.event_tree`` and ``ui.event_select``."""

OPERATORS: Mapping[Operator, Sentence] = {
    Operator.EQUALS: say("is (=)"),
    Operator.DIFFERS: say("is not (≠)"),
    Operator.ABOVE: say("greater than (>)"),
    Operator.AT_LEAST: say("at least (≥)"),
    Operator.BELOW: say("less than (<)"),
    Operator.AT_MOST: say("at most (≤)"),
    Operator.CONTAINS: say("contains"),
    Operator.IN: say("is one of"),
    Operator.EXISTS: say("exists"),
    Operator.MISSING: say("does not exist"),
}

FIRST_EVENT_TYPE = "payment.succeeded"


def fresh(card: Card) -> EndpointForm:
    """The draft of a new endpoint before anything is typed."""
    return EndpointForm(
        card=card.name,
        transforming=card.transforms,
        code=card.default_code,
        rate_limit=card.typed_rate_limit,
    )


def posted(form: Form, card: Card, stored: Endpoint | None = None) -> EndpointForm:
    """The posted form as a draft. What the form did not show and nobody typed keeps the value of ``stored``."""
    return EndpointForm(
        card=card.name,
        url=form.text("url") or (stored.url if stored and url_is_kept(stored, card) else ""),
        name=form.text("name", stored.name if stored else ""),
        description=form.text("description"),
        destination=destination(form.text("destination")),
        credentials=form.starting("credentials.") | {f.name: form.text(f"credentials.{f.name}") for f in card.fields},
        event_types=None if form.text("listen", "all") == "all" else frozenset(form.every("event_types")),
        conditions=_conditions(form),
        headers=pairs(form, "headers", stored.headers if stored else {}),
        variables=pairs(form, "variables", stored.variables if stored else {}),
        transforming=form.switch("transforming", default=False),
        code=code(form),
        rate_limit=form.text("rate_limit", card.typed_rate_limit),
    )


def destination(value: str) -> Destination:
    return Destination.CAPTURE if value == Destination.CAPTURE else Destination.SEND


def code(form: Form) -> str:
    # Browsers send line breaks as CRLF. Stored as CRLF, unchanged code would look like a new version.
    return form.raw("code").replace("\r\n", "\n")


def pairs(form: Form, name: str, stored: Mapping[str, str]) -> Pairs:
    """(name, value) of each non-empty row of ``ui.key_value_rows``. A value neither shown nor typed stays as stored."""
    keys, values = form.every(f"{name}_key"), form.every(f"{name}_value")
    former = [*form.every(f"{name}_was"), *[""] * len(keys)]  # API clients may leave it out
    rows = zip(keys, values, former, strict=False)
    found = [(trimmed(key), trimmed(value), was) for key, value, was in rows]
    return tuple((key, value or stored.get(was, "")) for key, value, was in found if key or value)


def rows_of(
    pairs: Pairs, stored: Mapping[str, str], shown: Collection[str] = ()
) -> Sequence[tuple[str, str, str, str]]:
    """(name, value, was, last) of each row for ``ui.key_value_rows``. Stored values show only their last characters.

    ``shown``: names in lower case whose values are never secrets.
    """
    rows = []
    for name, value in pairs:
        was = name if stored.get(name) == value else next((n for n, kept in stored.items() if kept == value), "")
        hidden = was and value and name.lower() not in shown
        rows.append((name, "", was, tail(value)) if hidden else (name, value, "", ""))
    return rows


def url_is_kept(stored: Endpoint, card: Card) -> bool:
    """Whether the stored URL is a secret, which the form keeps without showing it."""
    return card.asks_url and stored.url != URL_NOT_SET and is_secret_url(stored.url, whole=card.url.secret)


def _conditions(form: Form) -> Lines:
    """The filter's non-empty rows. Drops the value of ``exists``, which is left over from another operator."""
    columns = (form.every(f"conditions_{name}") for name in ("path", "operator", "value"))
    lines = [(trimmed(path), kind, trimmed(value)) for path, kind, value in zip(*columns, strict=False)]
    return tuple((path, kind, "" if kind in VALUELESS else value) for path, kind, value in lines if path or value)


def paths_of(event_types: Iterable[str] | None) -> Sequence[tuple[str, str]]:
    """(path, sample value) of each field that events of these types have. ``None``: all types."""
    known = EVENT_TYPES if event_types is None else sorted(EVENT_TYPES.keys() & set(event_types))
    paths: dict[str, str] = {}
    for name in known:
        for path, value in _paths_of_sample(name):
            paths.setdefault(path, value)
    return tuple(paths.items())


@cache
def _paths_of_sample(event_type: str) -> tuple[tuple[str, str], ...]:
    return tuple(paths_in(EVENT_TYPES[event_type].sample))


def sample_of(event_type: str) -> str:
    """The sample payload of an event type as JSON text; that of the first type when the name is unknown."""
    return sample_json(event_type if event_type in EVENT_TYPES else FIRST_EVENT_TYPE)


@dataclass(frozen=True, slots=True)
class TrialFields:
    """The fields of the Test tab with the result of the run, and the stamp of the form."""

    event_type: str
    payload: str
    """As it was typed, or the sample of the event type."""
    seen: str
    """The stamp of the form when it was opened."""
    trial: TestRun | None = None
    """``None`` before the first run, and when the code could not run."""
    trial_problems: Sequence[Problem] = ()
    """Why the code could not run."""
    sent: SentTest | None = None
    """The result of a test that was really sent; ``None`` when none was."""
    correction: Correction | None = None
    """The corrected code that was asked for; ``None`` when nobody asked, or nothing can be corrected."""
    asked: str = ""
    """The part of the code that should be corrected: a value of ``Part``; empty when nobody asked."""
    message: Message | None = None
    """The stored message whose event was just loaded."""


@dataclass(frozen=True, slots=True)
class KeyValueRows:
    """(name, value, was, last) of the rows of each list, as ``rows_of`` makes them."""

    headers: Sequence[tuple[str, str, str, str]]
    variables: Sequence[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class ShownForm:
    """What the parts of an endpoint's form show."""

    draft: EndpointForm
    problems: Mapping[str, Sentence]
    """By field."""
    rows: Mapping[str, Mapping[int | str, Sentence]]
    """What is wrong with the rows of a list, by the row's number; by ``""`` for the whole list."""
    pairs: KeyValueRows
    kept_of: Callable[[str], str]
    """What reveals a stored value, by the value's name; empty for a new endpoint."""
    paths: Sequence[tuple[str, str]]
    """Completions for the filter, with sample values."""
    event_type: str
    payload: str
    seen: str
    trial: TestRun | None
    trial_problems: Sequence[Problem]
    sent: SentTest | None
    correction: Correction | None
    asked: str
    operators: Sequence[tuple[str, Sentence]] = tuple((kind.value, text) for kind, text in OPERATORS.items())
    tree: Sequence[tuple[str, Sequence[EventType]]] = TREE
    endpoint_id: str = ""
    """Of the endpoint being edited; empty for a new one."""
    stamp: str = ""
    """The stamp of what is stored now; empty for a new endpoint."""
    stale: bool = False
    """Whether somebody else saved the form since it was opened."""
    changed: bool = False
    """Whether to warn of that; only while a form is open."""


def trial_fields(form: Form) -> TrialFields:
    event_type = form.text("event_type", FIRST_EVENT_TYPE)
    payload = form.raw("payload") if form.has("payload") else sample_of(event_type)
    return TrialFields(event_type, payload.replace("\r\n", "\n"), form.text("seen")[:MAX_STAMP])


def shown(
    draft: EndpointForm,
    problems: Iterable[Problem] = (),
    *,
    stored: Endpoint | None = None,
    trial: TrialFields | None = None,
) -> ShownForm:
    """The variables of the form's templates. ``stored``: the saved endpoint, whose secrets are not shown."""
    tried = trial or TrialFields(FIRST_EVENT_TYPE, sample_of(FIRST_EVENT_TYPE), "")
    fields: dict[str, Sentence] = {}
    rows: dict[str, dict[int | str, Sentence]] = {"headers": {}, "variables": {}, "conditions": {}}
    for problem in problems:
        name, _, row = problem.field.partition(".")
        if name in rows:
            rows[name].setdefault(int(row) if row else "", problem.sentence)
        fields.setdefault(name if name in rows else problem.field, problem.sentence)
    return ShownForm(
        draft=draft,
        problems=fields,
        rows=rows,
        pairs=KeyValueRows(
            headers=rows_of(draft.headers, stored.headers if stored else {}, SHOWN),
            variables=rows_of(draft.variables, stored.variables if stored else {}),
        ),
        kept_of=lambda name: f"endpoint/{stored.id}/{name}" if stored else "",
        paths=paths_of(draft.event_types),
        event_type=tried.event_type,
        payload=tried.payload,
        seen=tried.seen,
        trial=tried.trial,
        trial_problems=tried.trial_problems,
        sent=tried.sent,
        correction=tried.correction,
        asked=tried.asked,
        endpoint_id=stored.id if stored else "",
    )
