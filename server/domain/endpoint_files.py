"""An endpoint as a folder of files, for git and the command line. It never holds a secret.

    my-endpoint/
      endpoint.toml     card, URL, names of variables, event types, filter and pacing: ``EndpointFile``
      transform.js      the code
      cases/*.json      its test cases (``test_case_files``)
      card/             the files of an own card, so that its cases run without a server

``endpoint.toml``, of which only ``card`` is needed:

    card = "webhook"
    name = "Shop"
    description = "Payments to the shop"
    url = "https://shop.example/hooks"        # absent for a card that knows its URL, and for a URL that is a secret
    transforming = true
    variables = ["CHANNEL", "API_KEY"]        # names; the values are entered on the page or by push
    event_types = ["payment.succeeded"]       # absent: all event types

    [[filter]]
    path = "data.currency"
    operator = "="                            # = != > >= < <= contains in exists, not exists
    value = "EUR"

    [pacing]
    schedule = "0s, 5s, 5m"
    rate_limit = 10                           # attempts a second
    concurrency = 2
    ordered = false
    enforce_contract = false

``load`` and ``dump`` read and write that file. ``Folder.of`` and ``Folder.files`` do so with all files of a folder, as
texts by their paths, and ``file_of`` describes a stored endpoint. A mistake raises ``MalformedFile``, whose ``file``
names the file.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.domain import schedules
from server.domain.cards import Card
from server.domain.checked_values import MalformedFile, as_line, as_object, as_text, needed, only_keys
from server.domain.conditions import (
    MAX_CONDITIONS,
    VALUELESS,
    Condition,
    Operator,
    path_problem,
    value_problem,
)
from server.domain.endpoint_names import MAX_NAME
from server.domain.endpoints import URL_NOT_SET, Controls, Endpoint
from server.domain.masking import is_secret_url
from server.domain.sentences import say
from server.domain.test_case_files import dump as dump_case
from server.domain.test_case_files import file_names
from server.domain.test_case_files import load as load_case
from server.domain.test_cases import TestCase
from server.domain.transformations import MAX_CODE_BYTES

ENDPOINT_FILE = "endpoint.toml"
CODE_FILE = "transform.js"
CASES_FOLDER = "cases"
CARD_FOLDER = "card"

MAX_ENDPOINT_BYTES = 64 * 1024
MAX_CARD = 80
MAX_DESCRIPTION = 500
MAX_URL = 4096
MAX_VARIABLES = 50
MAX_EVENT_TYPES = 200
MAX_EVENT_TYPE = 128
MAX_CASES = 200
MAX_RATE = 1000
MAX_CONCURRENCY = 1000

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_PACING = ("schedule", "rate_limit", "concurrency", "ordered", "enforce_contract")
_KEYS = ("card", "name", "description", "url", "transforming", "variables", "event_types", "filter", "pacing")


@dataclass(frozen=True, slots=True)
class EndpointFile:
    """What ``endpoint.toml`` says."""

    card: str
    name: str = ""
    """Empty: a push leaves the name as it is."""
    description: str = ""
    url: str = ""
    """Empty when the card knows it, or when it is a secret."""
    transforming: bool = True
    variables: tuple[str, ...] = ()
    """Their names."""
    event_types: frozenset[str] | None = None
    """``None``: all."""
    conditions: tuple[Condition, ...] = ()
    controls: Controls = field(default_factory=Controls)


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of an endpoint's folder."""

    endpoint: EndpointFile
    code: str
    cases: tuple[TestCase, ...] = ()
    """In the order of their files' names. They have no ids."""
    case_files: Mapping[str, str] | None = None
    """The file that each case was read from, by the case's name; ``None`` for a folder that was not read."""
    card_files: Mapping[str, str] | None = None
    """The files of an own card, by their paths in its folder."""

    @staticmethod
    def of(files: Mapping[str, str]) -> "Folder":
        """The folder with these files, by their paths in it: ``cases/euros.json``. Raises ``MalformedFile``."""
        endpoint = _in_file(ENDPOINT_FILE, lambda: load(_content(files, ENDPOINT_FILE)))
        code = _content(files, CODE_FILE)
        if len(code.encode("utf-8", "replace")) > MAX_CODE_BYTES:
            raise MalformedFile("", say("is larger than {limit} KiB.", limit=MAX_CODE_BYTES // 1024), CODE_FILE)
        paths = sorted(path for path in files if is_case(path))
        if len(paths) > MAX_CASES:
            raise MalformedFile("", say("has more than {limit} entries.", limit=MAX_CASES), CASES_FOLDER)
        named: dict[str, str] = {}
        cases: list[TestCase] = []
        for path in paths:
            stem = path.removeprefix(f"{CASES_FOLDER}/").removesuffix(".json")
            case = _in_file(path, lambda path=path, stem=stem: load_case(files[path], name=stem))
            if case.name in named:
                raise MalformedFile("name", say("is also the name of the case in {file}.", file=named[case.name]), path)
            named[case.name] = path
            cases.append(case)
        card = {
            path.removeprefix(f"{CARD_FOLDER}/"): text
            for path, text in files.items()
            if path.startswith(CARD_FOLDER + "/")
        }
        return Folder(endpoint, code, tuple(cases), named, card or None)

    @property
    def files(self) -> dict[str, str]:
        """The files as texts by their paths. A case that was read from a file keeps that file's name."""
        known = self.case_files or {}
        new = [case.name for case in self.cases if case.name not in known]
        made = {name: f"{CASES_FOLDER}/{file}" for name, file in file_names(new, taken=known.values()).items()}
        return {
            ENDPOINT_FILE: dump(self.endpoint),
            CODE_FILE: self.code,
            **{(known.get(case.name) or made[case.name]): dump_case(case) for case in self.cases},
            **{f"{CARD_FOLDER}/{path}": text for path, text in (self.card_files or {}).items()},
        }


def is_case(path: str) -> bool:
    """Whether a file of the folder is a test case."""
    folder, _, name = path.partition("/")
    return folder == CASES_FOLDER and name.endswith(".json") and "/" not in name and not name.startswith(".")


def file_of(endpoint: Endpoint, card: Card | None) -> EndpointFile:
    """What describes a stored endpoint. ``card``: its card, or ``None`` when that is missing."""
    hidden = card is None or not card.asks_url or is_secret_url(endpoint.url, whole=card.url.secret)
    return EndpointFile(
        card=endpoint.card,
        name=endpoint.name,
        description=endpoint.description,
        url="" if hidden or endpoint.url == URL_NOT_SET else endpoint.url,
        transforming=endpoint.transforming,
        variables=tuple(endpoint.variables),
        event_types=endpoint.event_types,
        conditions=endpoint.conditions,
        controls=endpoint.controls,
    )


def load(text: str) -> EndpointFile:
    """What the text of ``endpoint.toml`` says. Raises ``MalformedFile``."""
    if len(text.encode("utf-8", "replace")) > MAX_ENDPOINT_BYTES:
        raise MalformedFile("", say("is larger than {limit} KiB.", limit=MAX_ENDPOINT_BYTES // 1024))
    try:
        table: dict[str, Any] = tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise MalformedFile("", say("It is not TOML: {reason}", reason=str(error)[:200])) from None
    only_keys(table, "", _KEYS)
    return EndpointFile(
        card=as_line(needed(table, "card", ""), "card", MAX_CARD),
        name=as_line(table["name"], "name", MAX_NAME) if "name" in table else "",
        description=as_text(table.get("description", ""), "description", MAX_DESCRIPTION),
        url=as_text(table.get("url", ""), "url", MAX_URL).strip(),
        transforming=_switch(table, "transforming", "", True),
        variables=_variables(table.get("variables", [])),
        event_types=_event_types(table["event_types"]) if "event_types" in table else None,
        conditions=_conditions(table.get("filter", [])),
        controls=_controls(as_object(table.get("pacing", {}), "pacing")),
    )


def dump(file: EndpointFile) -> str:
    """The text of ``endpoint.toml``, as ``load`` reads it. What is as usual is left out."""
    lines = [f"card = {_quoted(file.card)}"]
    if file.name:
        lines.append(f"name = {_quoted(file.name)}")
    if file.description:
        lines.append(f"description = {_quoted(file.description)}")
    if file.url:
        lines.append(f"url = {_quoted(file.url)}")
    lines.append(f"transforming = {_word(file.transforming)}")
    lines.append(f"variables = {_list(sorted(file.variables))}")
    if file.event_types is not None:
        lines.append(f"event_types = {_list(sorted(file.event_types))}")
    for one in file.conditions:
        lines += ["", "[[filter]]", f"path = {_quoted(one.path)}", f"operator = {_quoted(one.operator.value)}"]
        lines += [f"value = {_quoted(one.value)}"] if one.operator not in VALUELESS else []
    controls = file.controls
    lines += ["", "[pacing]", f"schedule = {_quoted(schedules.written(controls.schedule))}"]
    lines += [f"rate_limit = {controls.rate_limit}"] if controls.rate_limit is not None else []
    lines += [f"concurrency = {controls.concurrency}"] if controls.concurrency is not None else []
    lines += [f"ordered = {_word(controls.ordered)}", f"enforce_contract = {_word(controls.enforce_contract)}"]
    return "\n".join(lines) + "\n"


def _content(files: Mapping[str, str], path: str) -> str:
    if path not in files:
        raise MalformedFile("", say("The file is missing."), path)
    return files[path]


def _in_file(path: str, read: Any) -> Any:
    try:
        return read()
    except MalformedFile as error:
        raise MalformedFile(error.path, error.sentence, path) from None


def _switch(table: Mapping[str, Any], key: str, place: str, usual: bool) -> bool:
    value = table.get(key, usual)
    if not isinstance(value, bool):
        raise MalformedFile(f"{place}{key}", say("must be true or false."))
    return value


def _texts(value: Any, place: str, most: int) -> Sequence[Any]:
    if not isinstance(value, list):
        raise MalformedFile(place, say("must be a list."))
    if len(value) > most:
        raise MalformedFile(place, say("has more than {limit} entries.", limit=most))
    return value


def _variables(value: Any) -> tuple[str, ...]:
    names = _texts(value, "variables", MAX_VARIABLES)
    for index, name in enumerate(names):
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            raise MalformedFile(f"variables[{index}]", say("is not the name of a variable: letters, digits and _ are."))
    return tuple(dict.fromkeys(names))


def _event_types(value: Any) -> frozenset[str]:
    names = _texts(value, "event_types", MAX_EVENT_TYPES)
    return frozenset(as_line(name, f"event_types[{index}]", MAX_EVENT_TYPE) for index, name in enumerate(names))


def _conditions(value: Any) -> tuple[Condition, ...]:
    found = []
    for index, one in enumerate(_texts(value, "filter", MAX_CONDITIONS)):
        place = f"filter[{index}]"
        table = as_object(one, place)
        only_keys(table, place, ("path", "operator", "value"))
        path, sign = needed(table, "path", place), needed(table, "operator", place)
        if not isinstance(path, str):
            raise MalformedFile(f"{place}.path", say("must be text."))
        if problem := path_problem(path):
            raise MalformedFile(f"{place}.path", problem)
        if sign not in list(Operator):
            raise MalformedFile(f"{place}.operator", say("must be one of {names}.", names=", ".join(Operator)))
        operator, text = Operator(sign), table.get("value", "")
        if not isinstance(text, str):
            raise MalformedFile(f"{place}.value", say("must be text."))
        if problem := value_problem(operator, text):
            raise MalformedFile(f"{place}.value", problem)
        found.append(Condition(path, operator, "" if operator in VALUELESS else text))
    return tuple(found)


def _controls(table: Mapping[str, Any]) -> Controls:
    only_keys(table, "pacing", _PACING)
    usual = Controls()
    waits = usual.schedule
    if "schedule" in table:
        read = schedules.read(as_text(table["schedule"], "pacing.schedule", schedules.MAX_TEXT_CHARACTERS))
        if not isinstance(read, tuple):
            raise MalformedFile("pacing.schedule", read)
        waits = read
    return Controls(
        schedule=waits,
        rate_limit=_count(table, "rate_limit", MAX_RATE),
        concurrency=_count(table, "concurrency", MAX_CONCURRENCY),
        ordered=_switch(table, "ordered", "pacing.", usual.ordered),
        enforce_contract=_switch(table, "enforce_contract", "pacing.", usual.enforce_contract),
    )


def _count(table: Mapping[str, Any], key: str, most: int) -> int | None:
    value = table.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most):
        raise MalformedFile(f"pacing.{key}", say("must be a whole number from 1 to {limit}.", limit=most))
    return value


def _quoted(text: str) -> str:
    """A basic string of TOML: as in JSON, but DEL is escaped too, and there are no halves of characters."""
    clean = text.encode("utf-8", "replace").decode()
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def _word(value: bool) -> str:
    return "true" if value else "false"


def _list(texts: Sequence[str]) -> str:
    one_line = f"[{', '.join(map(_quoted, texts))}]"
    if len(one_line) <= 100:
        return one_line
    return "[\n" + "".join(f"  {_quoted(text)},\n" for text in texts) + "]"
