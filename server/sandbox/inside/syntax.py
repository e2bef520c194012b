"""Parses code without running it: finds syntax errors with V8's messages, and gives tokens and the syntax tree."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import engine
from .engine import Heap, Realm, Thrown

MAX_SECONDS = 0.5
"""Time limit for parsing the code a second time; enough for about 200 KiB."""
MAX_MEMORY = 64 << 20
_STACK = 4 << 20

_FUNCTION = re.compile(r"\bfunction\s*\*?\s*([\w$]+)")
_LEXICAL = re.compile(r"\b(?:let|const|class)\s+([\w$]+)")


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A syntax error: V8's message and its position. Line and column start at 1; columns count UTF-16 units."""

    words: str
    line: int
    column: int


_FAULT, _NODES, _TOKENS = range(3)
"""Questions that ``prelude/errors/reading.js`` answers."""
READINGS: Mapping[str, tuple[int, str]] = {
    "code nodes": (_NODES, "[]"),
    "code tokens": (_TOKENS, '{"lines":[0],"texts":[],"begins":[],"partners":[]}'),
}
"""What a world may request about its code → the question, and the JSON that stands for no result."""
MAX_KEPT = 4 << 20
"""Longest reading that is kept, in characters."""


class Readings:
    """Readings of one code, each made on first use and kept, since every event whose code fails needs them."""

    def __init__(self, scripts: Mapping[str, bytes], code: str) -> None:
        self._scripts = scripts
        self._code = code
        self._kept: dict[str, str] = {}

    def get(self, name: str) -> str:
        """The reading as JSON, see ``READINGS``; the empty reading if parsing fails or takes too long."""
        if kept := self._kept.get(name):
            return kept
        way, nothing = READINGS[name]
        with engine.aside():
            found = _ask(self._scripts, way, self._code)
        if found and len(found) <= MAX_KEPT:
            self._kept[name] = found
        return found or nothing


def read_again(scripts: Mapping[str, bytes], code: str) -> SyntaxProblem | None:
    """The syntax error that V8 would report. None if it would report none, or if parsing takes too long.

    ``scripts`` maps names of prelude files to bytecode.
    """
    found = _ask(scripts, _FAULT, code)
    return SyntaxProblem(*json.loads(found)) if found else None


def _ask(scripts: Mapping[str, bytes], way: int, code: str) -> str:
    heap = Heap(MAX_MEMORY, _STACK)
    realm = Realm(heap, scripts.get)
    engine.set_deadline(time.process_time() + MAX_SECONDS)
    try:
        realm.start(scripts["reading"])
        return realm.ask(way, code.encode(errors="replace")).decode()
    except Thrown:
        return ""
    finally:
        realm.close()
        heap.close()


def may_declare_twice(code: str) -> bool:
    """Whether a function and a ``let``, ``const`` or ``class`` share a name, which V8 rejects and the engine accepts.

    The two may be in different blocks, where that is allowed; only ``read_again`` can tell.
    """
    return not set(_FUNCTION.findall(code)).isdisjoint(_LEXICAL.findall(code))
