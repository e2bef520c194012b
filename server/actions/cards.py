"""Reads the integration cards: the folders in ``transforms/`` that contain a ``card.toml``."""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from server.domain.cards import Auth, Card, CardField, FieldKind, Sample

CARD_FILE = "card.toml"
FIRST = "webhook"
"""The generic card comes first in the list; the others follow by title."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class MalformedCard(ValueError):
    """A card cannot be used. The text names the file and the key: ``slack/card.toml: fields[0].label is missing``."""


def load_cards(folder: Path) -> dict[str, Card]:
    """All cards by name, in the order of the list. Raises ``MalformedCard`` for the first that cannot be used."""
    cards = [load_card(file.parent) for file in folder.glob(f"*/{CARD_FILE}")]
    cards.sort(key=lambda card: (card.name != FIRST, card.title.casefold()))
    return {card.name: card for card in cards}


def load_card(folder: Path) -> Card:
    """The card in one folder. Raises ``MalformedCard``."""
    if not _NAME.fullmatch(folder.name):
        raise MalformedCard(f"{folder.name}: a card's folder is named in small letters, digits and underscores")
    file = folder / CARD_FILE
    try:
        content = tomllib.loads(_read(file))
    except tomllib.TOMLDecodeError as error:
        raise MalformedCard(f"{_shown(file)}: {error}") from error

    table = _Table(_shown(file), content)
    fields = tuple(_field(item) for item in table.tables("fields"))
    auth, auth_fields = _auth(table.table("auth"), fields)
    url = table.table("url")
    asks_url = url.take("ask", bool, False)
    card = Card(
        name=folder.name,
        title=table.need("title", str),
        summary=table.need("summary", str),
        steps=tuple(table.texts("steps")),
        fields=fields,
        asks_url=asks_url,
        url_placeholder=url.take("placeholder", str, ""),
        url_is_secret=url.take("secret", bool, False),
        urls={} if asks_url else _urls(url, fields),
        auth=auth,
        auth_fields=auth_fields,
        default_code=_read(folder / "default.js"),
        samples=tuple(_sample(item, folder) for item in table.tables("samples")),
        icon=_read(folder / "icon.svg").strip(),
        transforms=table.take("transforms", bool, True),
    )
    url.refuse_the_rest()
    table.refuse_the_rest()
    return card


def _field(table: "_Table") -> CardField:
    kind = table.one_of("kind", FieldKind)
    field = CardField(
        name=table.need("name", str),
        label=table.need("label", str),
        kind=kind,
        help=table.take("help", str, ""),
        placeholder=table.take("placeholder", str, ""),
        choices=tuple(_choice(item) for item in table.tables("choices")),
        pattern=table.take("pattern", str, ""),
        pattern_hint=table.take("pattern_hint", str, ""),
    )
    table.refuse_the_rest()
    if not _NAME.fullmatch(field.name):
        raise table.wrong("name", "is not in small letters, digits and underscores")
    if (kind is FieldKind.CHOICE) is not bool(field.choices):
        raise table.wrong("choices", "belongs to a field of the kind choice, and only to such a field")
    if bool(field.pattern) is not bool(field.pattern_hint):
        raise table.wrong("pattern_hint", "goes together with pattern: it says what the person should mend")
    try:
        re.compile(field.pattern)
    except re.error as error:
        raise table.wrong("pattern", f"is not a regular expression: {error}") from error
    return field


def _choice(table: "_Table") -> tuple[str, str]:
    choice = table.need("value", str), table.need("label", str)
    table.refuse_the_rest()
    return choice


def _auth(table: "_Table", fields: tuple[CardField, ...]) -> tuple[Auth, tuple[str, ...]]:
    kind = table.one_of("kind", Auth) if table.content else Auth.NONE
    names = tuple(table.texts("fields")) if kind is not Auth.NONE else ()
    table.refuse_the_rest()
    wanted = {Auth.NONE: 0, Auth.BASIC: 2, Auth.BEARER: 1}[kind]
    if len(names) != wanted:
        raise table.wrong("fields", f"needs {wanted} names for {kind}")
    if unknown := set(names) - {field.name for field in fields}:
        raise table.wrong("fields", f"names no field of the card: {', '.join(sorted(unknown))}")
    return kind, names


def _urls(table: "_Table", fields: tuple[CardField, ...]) -> dict[str, str]:
    """``default`` is one URL, or a table with one URL for each value of the first choice field."""
    choice = next((field for field in fields if field.kind is FieldKind.CHOICE), None)
    if choice is None:
        return {"": table.need("default", str)}
    urls = table.table("default")
    found = {value: urls.need(value, str) for value, _ in choice.choices}
    urls.refuse_the_rest()
    return found


def _sample(table: "_Table", folder: Path) -> Sample:
    name, title = table.need("name", str), table.need("title", str)
    table.refuse_the_rest()
    if not _NAME.fullmatch(name):
        raise table.wrong("name", "is not in small letters, digits and underscores")
    return Sample(name, title, _read(folder / "samples" / f"{name}.js"))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MalformedCard(f"{_shown(file)} is missing") from None
    except UnicodeDecodeError as error:
        raise MalformedCard(f"{_shown(file)} is not UTF-8 text") from error


def _shown(file: Path) -> str:
    """The file's path for messages, such as ``slack/card.toml`` or ``slack/samples/alerts.js``."""
    folder = file.parent.parent if file.parent.name == "samples" else file.parent
    return file.relative_to(folder.parent).as_posix()


class _Table:
    """A TOML table whose keys are removed as they are read, so that any key left at the end is a misspelling."""

    def __init__(self, file: str, content: Mapping[str, Any], path: str = "") -> None:
        self.content = dict(content)
        self._file = file
        self._path = path

    def need(self, key: str, kind: type[T]) -> T:
        if key not in self.content:
            raise self.wrong(key, "is missing")
        value = self._typed(key, kind)
        if value == "":
            raise self.wrong(key, "is empty")
        return value

    def take(self, key: str, kind: type[T], default: T) -> T:
        return self._typed(key, kind) if key in self.content else default

    def one_of(self, key: str, choices: type[E]) -> E:
        value = self.need(key, str)
        try:
            return choices(value)
        except ValueError:
            raise self.wrong(key, f"is {value!r} and not one of {', '.join(choices)}") from None

    def texts(self, key: str) -> list[str]:
        values = self.take(key, list, [])
        if not all(isinstance(value, str) and value for value in values):
            raise self.wrong(key, "must be a list of texts")
        return values

    def table(self, key: str) -> "_Table":
        return _Table(self._file, self.take(key, dict, {}), f"{self._path}{key}.")

    def tables(self, key: str) -> list["_Table"]:
        values = self.take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.wrong(key, "must be a list of tables")
        return [_Table(self._file, value, f"{self._path}{key}[{index}].") for index, value in enumerate(values)]

    def refuse_the_rest(self) -> None:
        if self.content:
            raise self.wrong(next(iter(self.content)), "is not a key that a card knows")

    def wrong(self, key: str, sentence: str) -> MalformedCard:
        return MalformedCard(f"{self._file}: {self._path}{key} {sentence}")

    def _typed(self, key: str, kind: type[T]) -> T:
        value = self.content.pop(key)
        if not isinstance(value, kind):
            raise self.wrong(key, f"must be {_KINDS[kind]}")
        return value


_KINDS: dict[type, str] = {str: "text", bool: "true or false", list: "a list", dict: "a table"}
