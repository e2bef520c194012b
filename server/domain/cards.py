"""An integration card: its form, where its requests go, how they authenticate, and how its credentials are checked.

``card_files`` makes one from the files of a folder. Texts of a card are sentences that pages translate.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from server.domain.contracts import Contract
from server.domain.linear_patterns import MAX_GROUPED

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?)\}")
"""``{field}``, ``{field.group}``, ``{webhook.id}`` or ``{webhook.timestamp}`` in a template."""

_HOST = re.compile(r"\A(?:https?://)?[^/?#]*")

WEBHOOK_VALUES = frozenset({"webhook.id", "webhook.timestamp"})


class FieldKind(StrEnum):
    TEXT = "text"
    SECRET = "secret"  # noqa: S105  a kind of field
    CHOICE = "choice"


class Group(StrEnum):
    """What a card is for; the picker's headings, in their order."""

    CHAT = "chat"
    EMAIL = "email"
    CRM = "crm"
    ANALYTICS = "analytics"
    AUTOMATION = "automation"
    DEVELOPER = "developer"
    OWN = "own"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class MissingCard(Exception):
    """An endpoint's card is not there, so nobody knows how its requests authenticate. ``name`` is the card's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value that is known to be wrong in a field."""

    pattern: str
    """A regular expression that the whole value matches."""
    say: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class CardField:
    name: str
    label: str
    kind: FieldKind
    help: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label) pairs; the first is the default."""
    pattern: str = ""
    """A regular expression that the whole value must match; empty for any text."""
    pattern_hint: str = ""
    """The sentence shown when the value does not match."""
    optional: bool = False
    known_by: str = ""
    """A regular expression for values that certainly belong to this card; empty when there are none."""
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """Code that the card offers besides its default."""

    name: str
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class CardUrl:
    """Where requests go: the person types the URL, or the card knows it."""

    asks: bool
    placeholder: str = ""
    secret: bool = False
    """The URL alone grants access, as Slack's does."""
    pattern: str = ""
    """What a typed URL looks like; one that does not match gets ``pattern_hint`` as a warning."""
    pattern_hint: str = ""
    known_by: str = ""
    mistakes: tuple[Mistake, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    """URL templates by the value of the first choice field; the key is ``""`` when there is no choice field."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Parameters that are added to a URL that does not have them: templates by name."""


class CheckResult(StrEnum):
    """What a destination's response to a check says about the credentials."""

    VALID = "valid"
    INVALID = "invalid"
    LIMITED = "limited"
    """Valid, but with fewer rights than the card needs."""
    ELSEWHERE = "elsewhere"
    """Valid at another value of a choice, such as the other region."""
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CheckRule:
    """How one response to a check reads."""

    statuses: tuple[str, ...]
    """Such as ``200`` or ``2xx``; empty for all."""
    result: CheckResult
    say: str
    """A sentence; ``{/json/pointer}`` is a value of the body."""
    json: str = ""
    """JSON Schema that the parsed body must fit, as JSON text; empty for any body."""
    text: str = ""
    """A regular expression that is searched in the body; empty for any body."""
    switch: Mapping[str, str] = field(default_factory=dict)
    """For ``ELSEWHERE``: the choice to make, by field."""


@dataclass(frozen=True, slots=True)
class Check:
    """One harmless call that tells whether credentials are valid, or why there is none."""

    none: str = ""
    """Why the credentials cannot be checked without sending; empty when they can."""
    method: str = "GET"
    urls: Mapping[str, str] = field(default_factory=dict)
    """Templates by the value of the first choice field, or one by ``""``; ``{url}`` is the typed URL. Empty without a
    check."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    rules: tuple[CheckRule, ...] = ()


class Values(Mapping[str, str]):
    """What templates name: the fields' values, named groups of their patterns, and values of the event."""

    def __init__(self, fields: tuple[CardField, ...], credentials: Mapping[str, str], event: Mapping[str, str]) -> None:
        self._found: dict[str, str] = dict(event)
        for each in fields:
            value = credentials.get(each.name) or (each.choices[0][0] if each.choices else "")
            self._found[each.name] = value
            if "(?P<" in each.pattern:
                found = re.fullmatch(each.pattern, value) if len(value) <= MAX_GROUPED else None
                groups = found.groupdict() if found else dict.fromkeys(re.compile(each.pattern).groupindex, "")
                self._found.update({f"{each.name}.{name}": text or "" for name, text in groups.items()})

    def __getitem__(self, name: str) -> str:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    """The name of its folder, such as ``customer_io``; of an own card, ``own:`` and its name."""
    title: str
    summary: str
    group: Group
    steps: tuple[str, ...]
    """What to do at the destination, one sentence a step."""
    fields: tuple[CardField, ...]
    url: CardUrl
    default_code: str
    icon: str
    """The content of an SVG with ``viewBox="0 0 24 24"``, drawn with ``currentColor``: our own, or checked by
    ``card_icons`` and written anew."""
    words: tuple[str, ...] = ()
    """Further words by which the picker finds it."""
    notes: tuple[str, ...] = ()
    """What is worth knowing, or not known for certain, about the destination."""
    auth: Mapping[str, str] = field(default_factory=dict)
    """Authentication headers except HTTP Basic: templates by header name."""
    basic: tuple[str, str] | None = None
    """Templates of user and password for HTTP Basic."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of every request: templates by name."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What code reads in ``webhook.env`` besides the person's variables: templates by name."""
    samples: tuple[Sample, ...] = ()
    check: Check = field(default_factory=Check)
    rate_limit: int | None = None
    """Attempts started per second for a new endpoint; ``None`` for no limit."""
    transforms: bool = True
    """Whether a new endpoint starts with its transformation on."""
    snippet: str = ""
    """Code to paste at the destination; empty when there is none."""
    contract_text: str = ""
    """``contract.json`` as text; empty when an own card has none."""
    contract: Contract | None = field(default=None, compare=False)
    """The same, ready for use."""
    expected: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What its code makes of the sample events: the text of ``expected/<name>.json`` by ``default`` or sample."""
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Translations of the card's sentences: by locale, by the English sentence."""

    @property
    def asks_url(self) -> bool:
        return self.url.asks

    @property
    def typed_rate_limit(self) -> str:
        """``rate_limit`` as a form shows it."""
        return str(self.rate_limit or "")

    def default_url(self, credentials: Mapping[str, str]) -> str:
        """The URL of a card that does not ask for one. If nothing is chosen yet, the first choice counts."""
        url = filled_url(self._url_template(credentials), self.values(credentials))
        return self.with_query(url, credentials)

    def host_field(self, credentials: Mapping[str, str]) -> str:
        """The name of the field that decides to which host requests go; empty when the card does."""
        names = PLACEHOLDER.findall(_HOST.findall(self._url_template(credentials))[0])
        typed = {each.name for each in self.fields if each.kind is not FieldKind.CHOICE}
        return next((name for each in names if (name := each.partition(".")[0]) in typed), "")

    def check_url(self, credentials: Mapping[str, str]) -> str:
        """The template of the check's URL; empty when there is no check."""
        return self._chosen(self.check.urls, credentials)

    def _url_template(self, credentials: Mapping[str, str]) -> str:
        return self._chosen(self.url.defaults, credentials)

    def _chosen(self, by_choice: Mapping[str, str], credentials: Mapping[str, str]) -> str:
        """The one template, or that of the first choice field's value. If nothing is chosen yet, the first counts."""
        if "" in by_choice or not by_choice:
            return by_choice.get("", "")
        choice = next(each for each in self.fields if each.kind is FieldKind.CHOICE)
        return by_choice.get(credentials.get(choice.name) or choice.choices[0][0], "")

    def with_query(self, url: str, credentials: Mapping[str, str]) -> str:
        """The URL with the card's parameters, as far as it lacks them. What was typed stays byte for byte."""
        if not self.url.query or not url:
            return url
        base, hash_sign, fragment = url.partition("#")
        _, _, query = base.partition("?")
        present = {part.partition("=")[0] for part in query.split("&")}
        values = self.values(credentials)
        added = [
            f"{quote(name, safe='')}={filled(template, values, in_url=True)}"
            for name, template in self.url.query.items()
            if name not in present and not _lacks(template, values)
        ]
        if not added:
            return url
        joint = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
        return base + joint + "&".join(added) + hash_sign + fragment

    def request_headers(
        self, credentials: Mapping[str, str], *, webhook_id: str = "", timestamp: str = ""
    ) -> dict[str, str]:
        """The headers that authenticate, and the card's further headers. Those whose values are empty are left out."""
        values = self.values(credentials, {"webhook.id": webhook_id, "webhook.timestamp": timestamp})
        found = {
            name: filled(template, values)
            for name, template in (*self.auth.items(), *self.headers.items())
            if not _lacks(template, values)
        }
        if self.basic and not _lacks("".join(self.basic), values):
            pair = ":".join(filled(template, values) for template in self.basic)
            found["authorization"] = "Basic " + b64encode(pair.encode()).decode()
        return found

    def environment(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """The variables that the card gives to code. Those whose values are empty are left out."""
        values = self.values(credentials)
        return {name: filled(each, values) for name, each in self.variables.items() if not _lacks(each, values)}

    def values(self, credentials: Mapping[str, str], event: Mapping[str, str] | None = None) -> Values:
        return Values(self.fields, credentials, event or {})


def filled(template: str, values: Mapping[str, str], *, in_url: bool = False) -> str:
    """The template with its values. ``in_url``: percent-encoded, as a part of a URL after its beginning.

    Colons stay: they mean nothing after the host, and not every destination knows ``%3A`` in a token as one.
    """
    return PLACEHOLDER.sub(
        lambda found: quote(values.get(found[1], ""), safe=":") if in_url else values.get(found[1], ""), template
    )


def filled_url(template: str, values: Mapping[str, str]) -> str:
    """The URL of a template. A value that it begins with may be the beginning of a URL, so it stays as it is."""
    first = PLACEHOLDER.match(template)
    start = values.get(first[1], "") if first else ""
    return start + filled(template[first.end() if first else 0 :], values, in_url=True)


def _lacks(template: str, values: Mapping[str, str]) -> bool:
    """Whether the template names values, and all of them are empty."""
    names = PLACEHOLDER.findall(template)
    return bool(names) and not any(values.get(name) for name in names)
