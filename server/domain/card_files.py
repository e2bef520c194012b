"""Makes a card from the files of its folder, whoever wrote them. ``transforms/README.md`` describes the format.

A mistake is told with the file and the key. A folder of somebody else may be hostile: everything is bounded, and no
text of it is more than text, apart from the icon, which is checked shape by shape.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from server.domain import linear_patterns
from server.domain.card_icons import is_letter, letter_icon, safe_icon
from server.domain.card_tables import MAX_TEXT, CardTable, MalformedCard
from server.domain.cards import (
    PLACEHOLDER,
    WEBHOOK_VALUES,
    Card,
    CardField,
    CardUrl,
    Check,
    CheckResult,
    CheckRule,
    FieldKind,
    Group,
    Mistake,
    Sample,
    Severity,
)
from server.domain.contract_schemas import MalformedContract
from server.domain.contracts import Contract, parse_contract
from server.domain.requests import header_problem

CARD_FILE = "card.toml"
CONTRACT_FILE = "contract.json"
LOCALES = ("zh_Hans",)

MAX_CODE_BYTES = 256 * 1024
MAX_RATE = 1000

ANY_VALUES = ("x", "0123456789", "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6", "https://example.com/hooks/1", "ada@example.com")
"""Values that no card may claim to know."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_STATUS = re.compile(r"[1-5](?:\d\d|xx)")
_OLD_CONTRACT = re.compile(r'\s*\{\s*"\$schema"')
"""A bare JSON Schema, which a contract was in earlier cards. It is not used."""


def parse_card(name: str, files: Mapping[str, str], *, trusted: bool = False) -> Card:
    """The card that these files describe, by their paths in the folder. Raises ``MalformedCard``.

    ``trusted``: one of ours, whose icon is used as it is and which belongs to a group of the picker.
    """
    folder = _Folder(name, files)
    table = CardTable(folder.shown(CARD_FILE), _toml(folder))
    fields = tuple(_field(item) for item in table.tables("fields"))
    if len({each.name for each in fields}) < len(fields):
        raise table.wrong("fields", "has two fields of the same name")
    names = _KnownNames(fields)
    url = _url(table.table("url"), fields, names)
    basic, auth = _auth(table.table("auth"), names)
    card = Card(
        name=name,
        title=table.need("title", str),
        summary=table.need("summary", str),
        group=table.one_of("group", Group) if trusted else _own(table),
        words=tuple(table.texts("words")),
        steps=tuple(table.texts("steps")),
        notes=tuple(table.texts("notes")),
        fields=fields,
        url=url,
        auth=auth,
        basic=basic,
        headers=_templates(table.table("headers"), names.with_event, _HEADER),
        variables=_templates(table.table("variables"), names, _VARIABLE),
        default_code=folder.code("default.js"),
        samples=tuple(_sample(item, folder) for item in table.tables("samples")),
        check=_check(table.table("check"), names, fields),
        rate_limit=_rate(table),
        transforms=table.take("transforms", bool, True),
        icon=_icon(table, folder, trusted=trusted),
        snippet=files.get("snippet.txt", ""),
        contract_text=files.get(CONTRACT_FILE, ""),
        contract=_contract(folder, trusted=trusted),
        expected={
            path.removeprefix("expected/").removesuffix(".json"): text
            for path, text in files.items()
            if path.startswith("expected/")
        },
        texts={locale: _texts(folder, f"{locale}.json") for locale in LOCALES if f"{locale}.json" in files},
    )
    table.refuse_the_rest()
    return card if trusted else replace(card, texts=_of_its_own(card))


def _of_its_own(card: Card) -> dict[str, dict[str, str]]:
    """The translations of the card's own sentences: it does not translate those of other cards and of pages."""
    own = set(sentences_of(card))
    return {
        locale: {text: translation for text, translation in texts.items() if text in own}
        for locale, texts in card.texts.items()
    }


def sentences_of(card: Card) -> tuple[str, ...]:
    """Every sentence of ``card.toml`` and ``contract.json`` that people read, each once."""
    found: list[str] = [card.title, card.summary, *card.steps, *card.notes, card.check.none, card.url.pattern_hint]
    found += [mistake.say for mistake in card.url.mistakes] + [rule.say for rule in card.check.rules]
    for field in card.fields:
        found += [field.label, field.help, field.pattern_hint, *(label for _, label in field.choices)]
        found += [mistake.say for mistake in field.mistakes]
    found += [sample.title for sample in card.samples]
    found += card.contract.sentences if card.contract else ()
    return tuple(dict.fromkeys(text for text in found if text))


class _Folder:
    def __init__(self, name: str, files: Mapping[str, str]) -> None:
        self._name = name
        self.files = files

    def shown(self, path: str) -> str:
        return f"{self._name}/{path}"

    def read(self, path: str) -> str:
        if path not in self.files:
            raise MalformedCard(f"{self.shown(path)} is missing")
        return self.files[path]

    def code(self, path: str) -> str:
        text = self.read(path)
        if len(text.encode("utf-8", "replace")) > MAX_CODE_BYTES:
            raise MalformedCard(f"{self.shown(path)} is longer than {MAX_CODE_BYTES // 1024} KiB")
        return text


class _KnownNames:
    """The names that templates may use."""

    def __init__(self, fields: Iterable[CardField]) -> None:
        self.known = {each.name for each in fields} | {
            f"{each.name}.{group}" for each in fields if each.pattern for group in re.compile(each.pattern).groupindex
        }

    @property
    def with_event(self) -> "_KnownNames":
        return self.also(WEBHOOK_VALUES)

    def also(self, names: Iterable[str]) -> "_KnownNames":
        wider = _KnownNames(())
        wider.known = self.known | set(names)
        return wider


def _contract(folder: _Folder, *, trusted: bool) -> Contract | None:
    text = folder.files.get(CONTRACT_FILE, "")
    if not text.strip() or _OLD_CONTRACT.match(text):
        return None
    try:
        return parse_contract(text, trusted=trusted)
    except MalformedContract as error:
        raise MalformedCard(f"{folder.shown(CONTRACT_FILE)}: {error}") from error


def _toml(folder: _Folder) -> dict[str, Any]:
    text = folder.read(CARD_FILE)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise MalformedCard(f"{folder.shown(CARD_FILE)}: {error}") from error


def _own(table: CardTable) -> Group:
    table.take("group", str, "")
    return Group.OWN


def _field(table: CardTable) -> CardField:
    kind = table.one_of("kind", FieldKind)
    field = CardField(
        name=table.need("name", str),
        label=table.need("label", str),
        kind=kind,
        help=table.take("help", str, ""),
        placeholder=table.take("placeholder", str, ""),
        choices=tuple(_choice(item) for item in table.tables("choices")),
        pattern=table.pattern("pattern"),
        pattern_hint=table.take("pattern_hint", str, ""),
        optional=table.take("optional", bool, False),
        known_by=_known_by(table),
        mistakes=tuple(_mistake(item) for item in table.tables("mistakes")),
    )
    table.refuse_the_rest()
    if not _NAME.fullmatch(field.name) or field.name in ("webhook", "url"):
        raise table.wrong("name", "is not in small letters, digits and underscores, or is webhook or url")
    if (kind is FieldKind.CHOICE) is not bool(field.choices):
        raise table.wrong("choices", "belongs to a field of the kind choice, and only to such a field")
    if bool(field.pattern) is not bool(field.pattern_hint):
        raise table.wrong("pattern_hint", "goes together with pattern: it says what the person should mend")
    return field


def _choice(table: CardTable) -> tuple[str, str]:
    choice = table.need("value", str), table.need("label", str)
    table.refuse_the_rest()
    return choice


def _mistake(table: CardTable) -> Mistake:
    pattern = table.pattern("pattern")
    if not pattern:
        raise table.wrong("pattern", "is missing")
    say = table.need("say", str)
    severity = table.one_of("severity", Severity) if "severity" in table.content else Severity.ERROR
    table.refuse_the_rest()
    return Mistake(pattern, say, severity)


def _url(table: CardTable, fields: tuple[CardField, ...], names: _KnownNames) -> CardUrl:
    asks = table.take("ask", bool, False)
    defaults = {} if asks else _by_choice(table, "default", fields, names)
    url = CardUrl(
        asks=asks,
        placeholder=table.take("placeholder", str, ""),
        secret=table.take("secret", bool, False) or _has_secret(defaults.values(), fields),
        pattern=table.pattern("pattern"),
        pattern_hint=table.take("pattern_hint", str, ""),
        known_by=_known_by(table),
        mistakes=tuple(_mistake(item) for item in table.tables("mistakes")),
        defaults=defaults,
        query=_templates(table.table("query"), names),
    )
    if bool(url.pattern) is not bool(url.pattern_hint):
        raise table.wrong("pattern_hint", "goes together with pattern: it says what the person should mend")
    table.refuse_the_rest()
    return url


def _has_secret(templates: Iterable[str], fields: tuple[CardField, ...]) -> bool:
    secret = {field.name for field in fields if field.kind is FieldKind.SECRET}
    return any(name.partition(".")[0] in secret for template in templates for name in PLACEHOLDER.findall(template))


def _by_choice(table: CardTable, key: str, fields: tuple[CardField, ...], names: _KnownNames) -> dict[str, str]:
    """One address, by ``""``, or a table with one address for each value of the first choice field."""
    if isinstance(table.content.get(key), str):
        return {"": _address(table, key, table.need(key, str), names)}
    choice = next((field for field in fields if field.kind is FieldKind.CHOICE), None)
    if choice is None:
        table.need(key, str)  # missing, or not a text: says so
        raise table.wrong(key, "must be text")
    urls = table.table(key)
    found = {value: _address(urls, value, urls.need(value, str), names) for value, _ in choice.choices}
    urls.refuse_the_rest()
    return found


def _address(table: CardTable, key: str, text: str, names: _KnownNames) -> str:
    _known(table, key, text, names)
    if not re.match(r"https?://|\{[a-z]", text):
        raise table.wrong(key, "must begin with https:// or http://")
    return text


def _auth(table: CardTable, names: _KnownNames) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """The templates of HTTP Basic, and those of headers."""
    if not table.content:
        return None, {}
    kind = table.need("kind", str)
    basic: tuple[str, str] | None = None
    headers: dict[str, str] = {}
    match kind:
        case "basic":
            basic = table.need("user", str), table.take("password", str, "")
            for key, template in zip(("user", "password"), basic, strict=True):
                _known(table, key, template, names)
        case "bearer":
            headers = {"authorization": f"Bearer {_known(table, 'token', table.need('token', str), names)}"}
        case "header":
            name = table.need("name", str)
            if not _HEADER.fullmatch(name):
                raise table.wrong("name", "is not the name of a header")
            headers = {name: _known(table, "value", table.need("value", str), names)}
            if problem := header_problem(name, headers[name]):
                raise table.wrong("name", f"cannot be sent: {problem}")
        case _:
            raise table.wrong("kind", f"is {kind[:40]!r} and not one of basic, bearer, header")
    table.refuse_the_rest()
    return basic, headers


def _templates(table: CardTable, names: _KnownNames, key_form: re.Pattern[str] | None = None) -> dict[str, str]:
    found: dict[str, str] = {}
    for key in list(table.content):
        if key_form and not key_form.fullmatch(key):
            raise table.wrong(key[:80], "is not a name that can be used here")
        found[key] = _known(table, key, table.take(key, str, ""), names)
        if key_form is _HEADER and (problem := header_problem(key, found[key])):
            raise table.wrong(key, f"cannot be sent: {problem}")
    return found


def _known_by(table: CardTable) -> str:
    """The pattern of values that are certainly this card's. One that fits any value would claim other cards' too."""
    pattern = table.pattern("known_by")
    if pattern and any(linear_patterns.fits(pattern, value) for value in ANY_VALUES):
        raise table.wrong("known_by", "fits values that may belong to any card")
    return pattern


def _known(table: CardTable, key: str, template: str, names: _KnownNames) -> str:
    """The template, when all names in it are known. Braces that hold no name are text."""
    for name in PLACEHOLDER.findall(template):
        if name not in names.known:
            raise table.wrong(key, f"names no field of the card: {name}")
    return template


def _check(table: CardTable, names: _KnownNames, fields: tuple[CardField, ...]) -> Check:
    if not table.content:
        return Check()
    if none := table.take("none", str, ""):
        table.refuse_the_rest()
        return Check(none=none)
    with_url = names.also({"url"})
    method = table.take("method", str, "GET")
    if method not in ("GET", "POST", "HEAD"):
        raise table.wrong("method", "is not one of GET, POST, HEAD")
    check = Check(
        method=method,
        urls=_by_choice(table, "url", fields, with_url),
        headers=_templates(table.table("headers"), with_url, _HEADER),
        body=_known(table, "body", table.take("body", str, ""), with_url),
        rules=tuple(_check_rule(item, fields) for item in table.tables("results")),
    )
    table.refuse_the_rest()
    return check


def _check_rule(table: CardTable, fields: tuple[CardField, ...]) -> CheckRule:
    rule = CheckRule(
        statuses=_statuses(table),
        json=table.take("json", str, ""),
        text=table.pattern("text"),
        result=table.one_of("result", CheckResult),
        say=table.need("say", str),
        switch=_templates(table.table("switch"), _KnownNames(())),
    )
    if rule.json and not isinstance(_json(table, "json", rule.json), dict):
        raise table.wrong("json", "is not a JSON Schema")
    choices = {field.name: dict(field.choices) for field in fields}
    for field, value in rule.switch.items():
        if value not in choices.get(field, {}):
            raise table.wrong(f"switch.{field}", "is not a choice of the card")
    table.refuse_the_rest()
    return rule


def _statuses(table: CardTable) -> tuple[str, ...]:
    given = table.content.pop("status", [])
    listed = given if isinstance(given, list) else [given]
    found = tuple(str(each) for each in listed if isinstance(each, str) or (isinstance(each, int) and 0 < each < 1000))
    if len(found) < len(listed) or not all(_STATUS.fullmatch(each) for each in found):
        raise table.wrong("status", 'is not a status such as 200 or "2xx"')
    return found


def _json(table: CardTable, key: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise table.wrong(key, "is not JSON") from None


def _sample(table: CardTable, folder: _Folder) -> Sample:
    name, title = table.need("name", str), table.need("title", str)
    table.refuse_the_rest()
    if not _NAME.fullmatch(name):
        raise table.wrong("name", "is not in small letters, digits and underscores")
    return Sample(name, title, folder.code(f"samples/{name}.js"))


def _rate(table: CardTable) -> int | None:
    rate = table.take("rate_limit", int, 0)
    if "rate_limit" in table.taken and not 1 <= rate <= MAX_RATE:
        raise table.wrong("rate_limit", f"must be a whole number from 1 to {MAX_RATE}")
    return rate or None


def _icon(table: CardTable, folder: _Folder, *, trusted: bool) -> str:
    """``icon.svg``, or an icon of the ``letter`` when there is no such file."""
    letter = table.take("letter", str, "")
    if letter and not is_letter(letter):
        raise table.wrong("letter", "must be one or two letters or digits")
    if letter and "icon.svg" not in folder.files:
        return letter_icon(letter)
    text = folder.read("icon.svg").strip()
    if trusted:
        return text
    shapes = safe_icon(text)
    if shapes is None:
        raise MalformedCard(
            f"{folder.shown('icon.svg')}: only shapes may be in it (path, line, rect, circle …), without scripts, "
            "styles, links and text"
        )
    return shapes


def _texts(folder: _Folder, path: str) -> dict[str, str]:
    try:
        texts = json.loads(folder.read(path))
    except (ValueError, RecursionError):
        raise MalformedCard(f"{folder.shown(path)} is not JSON") from None
    if not isinstance(texts, dict) or not all(
        isinstance(text, str) and 0 < len(text) <= MAX_TEXT for text in texts.values()
    ):
        raise MalformedCard(f"{folder.shown(path)}: must be an object of sentences and their translations")
    return texts
