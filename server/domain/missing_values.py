"""Signs of a missing value in a request: text like “Bearer undefined”, and variables that the code reads but lack."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

from server.domain.transformations import Returned
from server.domain.warnings import RunWarning, WarningKind, warn

MAX_NAMES = 3
"""Missing variables named in the warnings about one header."""

_WORD = re.compile(
    r"(?<![A-Za-z])undefined(?![A-Za-z])|(?<![A-Za-z0-9])null(?![A-Za-z0-9])|(?<![A-Za-z0-9+])NaN(?![A-Za-z0-9+/=])"
    r"|\[object [A-Za-z]+\]"
)

_READ = r"(?:\?\.|\.)\s*([A-Za-z_$][\w$]*)(?![\w$]|\s*\()|(?:\?\.)?\[\s*(['\"`])([^'\"`\\\n]+)\2\s*\]"
_ENV = r"(?:[\w$]+\s*(?:\?\.|\.)\s*)?\benv"
_ALIAS = re.compile(rf"([A-Za-z_$][\w$]*)\s*=\s*{_ENV}\b(?!\s*(?:\?\.|\.|\[))")
_TAKEN_APART = re.compile(rf"\{{([^{{}}]*)\}}\s*=\s*{_ENV}\b(?!\s*(?:\?\.|\.|\[))|\benv\s*:\s*\{{([^{{}}]*)\}}")
_FIELD = re.compile(r"\s*([A-Za-z_$][\w$]*)\s*(?::\s*[\w$]+\s*)?")
_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\\/])//[^\n]*", re.DOTALL)
_GUARD_BEFORE = re.compile(r"(?:!|\btypeof|\bif\s*\(|&&|\|\||\bin)\s*$")
_GUARD_BEHIND = re.compile(r"\s*(?:\?|\|\||&&|[=!]==?|\)\s*(?:\{|return\b))")
_SET = re.compile(r"\s*=(?!=)")


@dataclass(frozen=True, slots=True)
class VariableReads:
    """Names of variables that code reads from ``webhook.env``, as far as its text shows."""

    any: frozenset[str]
    unguarded: frozenset[str]
    """Those read without a check that the variable exists and without a default."""


def warnings(returned: Returned, url: str, code: str, env: Mapping[str, str]) -> tuple[RunWarning, ...]:
    """Warnings about what looks like a missing value in a request that code returned. ``url`` is the endpoint's URL."""
    found: list[RunWarning] = []
    for name, value in returned.headers.items():
        if word := _word(value) or _word_in_basic(value):
            found += _told(WarningKind.WORD_IN_HEADER, code, env, word=word, header=name)
    if returned.url != url and (word := _word(returned.url) or _word(unquote_plus(returned.url))):
        found += _told(WarningKind.WORD_IN_URL, code, env, word=word)
    missing = missing_variables(code, env)
    if not found:
        return missing
    named = {warning.values["name"] for warning in found if "name" in warning.values}
    return (*found, *[each for each in missing if each.values["name"] not in named])


def missing_variables(code: str, env: Mapping[str, str]) -> tuple[RunWarning, ...]:
    """A warning for each variable that the code needs and ``env`` lacks."""
    if "env" not in code:
        return ()
    missing = [name for name in reads(code).unguarded if name not in env]
    return tuple([warn(WarningKind.MISSING_VARIABLE, name=name) for name in sorted(missing)]) if missing else ()


@lru_cache(maxsize=512)
def reads(code: str) -> VariableReads:
    text = _COMMENT.sub(" ", code)
    everything: set[str] = set()
    unguarded: set[str] = set()
    for alias in (_ENV, *(rf"\b{re.escape(name)}" for name in set(_ALIAS.findall(text)))):
        for found in re.finditer(rf"{alias}\s*(?:{_READ})", text):
            name = found[1] or found[3]
            if _SET.match(text, found.end()):
                continue
            everything.add(name)
            if not _GUARD_BEHIND.match(text, found.end()) and not _GUARD_BEFORE.search(text[: found.start()][-40:]):
                unguarded.add(name)
    for found in _TAKEN_APART.finditer(text):
        for part in (found[1] or found[2]).split(","):
            if field := _FIELD.match(part):
                everything.add(field[1])
                if not part[field.end() :].startswith("="):
                    unguarded.add(field[1])
    return VariableReads(frozenset(everything), frozenset(unguarded))


def _word(text: str) -> str:
    """The first word in a text that JavaScript writes for a missing value; empty when there is none."""
    # Plain searches first, because this runs for every header of every event.
    if "undefined" not in text and "null" not in text and "NaN" not in text and "[object " not in text:
        return ""
    found = _WORD.search(text)
    return found[0] if found else ""


def _word_in_basic(value: str) -> str:
    """As ``_word``, for the user name and password in ``Basic …``."""
    if value[:6].lower() != "basic ":
        return ""
    encoded = value[6:]
    try:
        return _word(base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace"))
    except (binascii.Error, ValueError):
        return ""


def _told(kind: WarningKind, code: str, env: Mapping[str, str], **values: str) -> Iterator[RunWarning]:
    missing = sorted(reads(code).any - env.keys()) if values["word"] == "undefined" else []
    if not missing:
        yield warn(kind, **values)
    named = {
        WarningKind.WORD_IN_HEADER: WarningKind.VARIABLE_IN_HEADER,
        WarningKind.WORD_IN_URL: WarningKind.VARIABLE_IN_URL,
    }[kind]
    for name in missing[:MAX_NAMES]:
        yield warn(named, name=name, **values)
