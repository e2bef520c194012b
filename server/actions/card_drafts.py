"""The form of a person's own card: made from the files of a folder, and written back to them.

What the form does not show (samples, the check, choices, translations …) stays as it is in the files it started from.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import tomli_w

from server.actions.endpoint_form import EndpointForm, code_problems, limit_of
from server.actions.services import Services
from server.domain.card_archives import CARD_FILE
from server.domain.card_files import CONTRACT_FILE, MAX_RATE, parse_card
from server.domain.card_icons import is_letter, safe_icon
from server.domain.card_tables import MAX_LIST, MAX_TEXT, MalformedCard
from server.domain.cards import PLACEHOLDER, FieldKind
from server.domain.contract_schemas import MalformedContract
from server.domain.contracts import parse_contract
from server.domain.requests import header_problem
from server.domain.sentences import Problem, Sentence, say

MAX_TITLE = 60
CODE_FILE = "default.js"
ICON_FILE = "icon.svg"
AUTH_KINDS = ("none", "basic", "bearer", "header")
KINDS = (FieldKind.TEXT, FieldKind.SECRET)
"""The kinds of field that the form makes. It keeps the choices of a card that has some."""

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACE = re.compile(r"[^/]*/([\w./]+?)(?::|) (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of the card, as typed."""

    label: str = ""
    name: str = ""
    kind: str = FieldKind.SECRET
    optional: bool = False
    was: str = ""
    """Its name in the files that the form started from; empty for a new one."""


@dataclass(frozen=True, slots=True)
class CardDraft:
    """The form as typed."""

    title: str = ""
    summary: str = ""
    letter: str = ""
    icon: str = ""
    """Shapes of an SVG; they count before the letter."""
    steps: str = ""
    """One a line."""
    url_kind: str = "ask"
    """``ask`` the person, ``fixed``, or ``kept``: one URL for each choice, which the form does not show."""
    url: str = ""
    placeholder: str = ""
    auth: str = "none"
    """One of ``AUTH_KINDS``. The next five are templates such as ``{api_key}``."""
    user: str = ""
    password: str = ""
    token: str = ""
    header: str = ""
    value: str = ""
    fields: tuple[FieldRow, ...] = ()
    transforms: bool = True
    code: str = ""
    rate_limit: str = ""
    contract: str = ""

    @classmethod
    def of(cls, files: Mapping[str, str]) -> "CardDraft":
        """The form of a folder's files. What cannot be read is left empty."""
        table = _table(files)
        url, auth = _dict(table, "url"), _dict(table, "auth")
        default, kind = url.get("default"), _text(auth, "kind")
        steps, rate = table.get("steps"), table.get("rate_limit")
        return cls(
            title=_text(table, "title"),
            summary=_text(table, "summary"),
            letter=_text(table, "letter"),
            icon=files.get(ICON_FILE, "").strip(),
            steps="\n".join(each for each in steps if isinstance(each, str)) if isinstance(steps, list) else "",
            url_kind="kept" if isinstance(default, dict) else "fixed" if default and not url.get("ask") else "ask",
            url=default if isinstance(default, str) else "",
            placeholder=_text(url, "placeholder"),
            auth=kind if kind in AUTH_KINDS else "none",
            user=_text(auth, "user"),
            password=_text(auth, "password"),
            token=_text(auth, "token"),
            header=_text(auth, "name"),
            value=_text(auth, "value"),
            fields=tuple(
                FieldRow(_text(each, "label"), name, _text(each, "kind"), each.get("optional") is True, name)
                for each in _dicts(table, "fields")
                if (name := _text(each, "name"))
            ),
            transforms=table.get("transforms") is not False,
            code=files.get(CODE_FILE, ""),
            rate_limit=str(rate) if isinstance(rate, int) and 0 < rate <= MAX_RATE else "",
            contract=files.get(CONTRACT_FILE, ""),
        )

    def named(self) -> "CardDraft":
        """The draft whose fields all have a name: a field without one is named by its label."""
        rows = tuple(
            replace(row, name=row.name or slug(row.label, "field_" + str(number)))
            for number, row in enumerate(self.fields, 1)
        )
        return replace(self, fields=rows, letter=self.letter or ("" if self.icon else _initial(self.title)))

    def files(self, base: Mapping[str, str]) -> dict[str, str]:
        """The files of the card; ``base``: those that the form started from. For a draft without ``problems``."""
        table = _table(base)
        kept_url = {key: value for key, value in _dict(table, "url").items() if key not in ("ask", "default")}
        url = {
            "ask": {"ask": True, **kept_url, "placeholder": self.placeholder},
            "fixed": {"default": self.url, **kept_url},
        }.get(self.url_kind, _dict(table, "url"))
        steps = [line.strip() for line in self.steps.splitlines() if line.strip()]
        rate = limit_of(self.rate_limit, MAX_RATE)
        changed: dict[str, Any] = {
            "title": self.title,
            "summary": self.summary,
            "letter": "" if self.icon else self.letter,
            "steps": steps,
            "rate_limit": rate if isinstance(rate, int) else None,
            "transforms": None if self.transforms else False,
            "url": url,
            "auth": self._auth(),
            "fields": [_field(row, table) for row in self.fields],
        }
        whole = {key: value for key, value in {**table, **changed}.items() if value not in (None, "", {}, [])}
        tables = ("url", "auth", "headers", "variables", "fields", "samples", "check")
        ordered = {**{k: v for k, v in whole.items() if k not in tables}, **{k: whole[k] for k in tables if k in whole}}
        found = {
            **base,
            CARD_FILE: tomli_w.dumps(ordered, multiline_strings=True),
            CODE_FILE: self.code,
            CONTRACT_FILE: self.contract,
            ICON_FILE: self.icon,
        }
        if self.code != base.get(CODE_FILE):
            found.pop("expected/default.json", None)  # it says what the former code makes
        return {path: text for path, text in found.items() if text or path == CODE_FILE}

    def _auth(self) -> dict[str, str]:
        match self.auth:
            case "basic":
                return {"kind": "basic", "user": self.user, "password": self.password}
            case "bearer":
                return {"kind": "bearer", "token": self.token}
            case "header":
                return {"kind": "header", "name": self.header, "value": self.value}
            case _:
                return {}


async def problems(services: Services, draft: CardDraft, base: Mapping[str, str]) -> list[Problem]:
    """Everything wrong with the form, in its order. ``draft`` is ``named``."""
    found = [
        *_text_problems(draft),
        *_url_problems(draft, base),
        *_auth_problems(draft),
        *_field_problems(draft),
        *_reference_problems(draft, base),
        *await code_problems(services, EndpointForm(card="", code=draft.code, transforming=draft.transforms)),
    ]
    if isinstance(problem := limit_of(draft.rate_limit, MAX_RATE), Sentence):
        found.append(Problem("rate_limit", problem))
    if draft.contract.strip() and (wrong := _contract_problem(draft.contract)):
        found.append(Problem("contract", wrong))
    if not found and (rest := card_problem("card", draft.files(base))):
        found.append(rest)
    return found


def card_problem(name: str, files: Mapping[str, str]) -> Problem | None:
    """Why these files are no card, with the file and the key; ``None`` when they are one."""
    try:
        parse_card(name, files)
    except MalformedCard as error:
        if isinstance(contract := error.__cause__, MalformedContract):
            return Problem("contract", say("{file}: {problem}", file=CONTRACT_FILE, problem=_explained(contract)))
        place = _PLACE.fullmatch(str(error))
        file, rest = (place[1], place[2]) if place else (CARD_FILE, str(error))
        return Problem(_beside(file, rest), say("{file}: {problem}", file=file, problem=rest))
    return None


def slug(text: str, otherwise: str) -> str:
    """The text in small letters, digits and underscores, at most 32; ``otherwise`` when nothing of it is left."""
    word = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_").lstrip("0123456789_")[:32].rstrip("_")
    return word if word and word not in ("url", "webhook") else otherwise


def _beside(file: str, rest: str) -> str:
    """The field of the form that a mistake in a file belongs to; empty when the form does not show it."""
    if file != CARD_FILE:
        return {CODE_FILE: "code", CONTRACT_FILE: "contract", ICON_FILE: "icon"}.get(file, "")
    key = re.split(r"[.\[ ]", rest, maxsplit=1)[0]
    known = ("title", "summary", "letter", "steps", "url", "auth", "fields", "rate_limit")
    return key if key in known else ""


def _text_problems(draft: CardDraft) -> Iterator[Problem]:
    if not draft.title:
        yield Problem("title", say("Enter a title."))
    elif len(draft.title) > MAX_TITLE:
        yield Problem("title", say("The title is longer than {limit} characters.", limit=MAX_TITLE))
    if not draft.summary:
        yield Problem("summary", say("Say in one line what the card is for."))
    elif len(draft.summary) > MAX_TEXT:
        yield Problem("summary", say("The summary is longer than {limit} characters.", limit=MAX_TEXT))
    if draft.icon and safe_icon(draft.icon) is None:
        shapes = "path, line, polyline, polygon, rect, circle, ellipse, g"
        yield Problem(
            "icon", say("An icon may only have these shapes, without styles or text: {shapes}.", shapes=shapes)
        )
    elif not draft.icon and not is_letter(draft.letter):
        yield Problem("letter", say("Enter one or two letters or digits."))
    lines = draft.steps.splitlines()
    if len(lines) > MAX_LIST or any(len(line) > MAX_TEXT for line in lines):
        sentence = say("At most {lines} lines, each of at most {limit} characters.", lines=MAX_LIST, limit=MAX_TEXT)
        yield Problem("steps", sentence)


def _url_problems(draft: CardDraft, base: Mapping[str, str]) -> Iterator[Problem]:
    match draft.url_kind:
        case "fixed":
            if not re.fullmatch(r"https?://[!-~]+", draft.url) or len(draft.url) > MAX_TEXT:
                yield Problem("url", say("Enter a URL that starts with https:// or http://."))
        case "ask":
            if len(draft.placeholder) > MAX_TEXT:
                yield Problem("placeholder", say("The text is longer than {limit} characters.", limit=MAX_TEXT))
        case _:
            if not isinstance(_dict(_table(base), "url").get("default"), dict):
                yield Problem("url", say("Select how the URL is found."))


def _auth_problems(draft: CardDraft) -> Iterator[Problem]:
    wanted = {"basic": ("user",), "bearer": ("token",), "header": ("header", "value")}.get(draft.auth, ())
    for name in wanted:
        if not getattr(draft, name):
            yield Problem(name, say("Fill this in, for example with {example}.", example=_EXAMPLES[name]))
    if draft.auth == "header" and draft.header and (problem := header_problem(draft.header, draft.value)):
        yield Problem("header", problem)


_EXAMPLES = {"user": "{user}", "token": "{api_key}", "header": "X-Api-Key", "value": "{api_key}"}


def _field_problems(draft: CardDraft) -> Iterator[Problem]:
    """What is wrong with the rows, in the fields ``fields.<row>``."""
    seen: set[str] = set()
    for number, row in enumerate(draft.fields):
        if not row.label or len(row.label) > MAX_TITLE:
            yield Problem(f"fields.{number}", say("Enter a label of at most {limit} characters.", limit=MAX_TITLE))
        elif not _FIELD_NAME.fullmatch(row.name) or row.name in ("url", "webhook") or len(row.name) > MAX_TITLE:
            sentence = say("A name has small letters, digits and underscores. It is not “url” or “webhook”.")
            yield Problem(f"fields.{number}", sentence)
        elif row.name in seen:
            yield Problem(f"fields.{number}", say("There are two fields with the name {name}.", name=row.name))
        seen.add(row.name)
    if len(draft.fields) > MAX_LIST:
        yield Problem("fields", say("A card can have at most {limit} fields.", limit=MAX_LIST))


def _reference_problems(draft: CardDraft, base: Mapping[str, str]) -> Iterator[Problem]:
    """Names in braces that are no field."""
    table = _table(base)
    patterns = {_text(each, "name"): _text(each, "pattern") for each in _dicts(table, "fields")}
    known = {row.name for row in draft.fields}
    parts = {f"{row.name}.{part}" for row in draft.fields for part in _groups(patterns.get(row.was, ""))}
    places = {"url": draft.url if draft.url_kind == "fixed" else "", **draft._auth()}
    fields = {"kind": "", "name": "header"}
    for place, template in places.items():
        for name in PLACEHOLDER.findall(template):
            if name not in known | parts:
                yield Problem(fields.get(place, place), say("There is no field with the name {name}.", name=name))
                break


def _groups(pattern: str) -> Iterator[str]:
    yield from re.findall(r"\(\?P<(\w+)>", pattern)


def _contract_problem(text: str) -> Sentence | None:
    try:
        parse_contract(text)
    except MalformedContract as error:
        return _explained(error)
    return None


def _explained(error: MalformedContract) -> Sentence:
    return say("{path}: {problem}", path=error.path, problem=error.sentence) if error.path else error.sentence


def _field(row: FieldRow, table: Mapping[str, Any]) -> dict[str, Any]:
    """The table of one field, with what the form does not show of the field that it was."""
    former = next((each for each in _dicts(table, "fields") if row.was and _text(each, "name") == row.was), {})
    dropped = {"optional"} | (set() if row.kind == FieldKind.CHOICE else {"choices"})
    kept = {key: value for key, value in former.items() if key not in dropped}
    return {
        **kept,
        "name": row.name,
        "label": row.label,
        "kind": row.kind,
        **({"optional": True} if row.optional else {}),
    }


def _initial(title: str) -> str:
    return next((character.upper() for character in title if is_letter(character)), "")[:2]


def _table(files: Mapping[str, str]) -> dict[str, Any]:
    """``card.toml``; empty when it is missing or cannot be read."""
    try:
        return tomllib.loads(files.get(CARD_FILE, ""))
    except (ValueError, RecursionError):
        return {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def _dict(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _dicts(table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
