"""Code that is read without being run: why it does not compile, in V8's words, and its tokens and syntax tree."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import engine
from .engine import Heap, Realm, Thrown

MAX_SECONDS = 0.5
"""For reading the code again: about 200 KiB of it."""
MAX_MEMORY = 64 << 20
_STACK = 4 << 20

_FUNCTION = re.compile(r"\bfunction\s*\*?\s*([\w$]+)")
_LEXICAL = re.compile(r"\b(?:let|const|class)\s+([\w$]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """Line and column count from 1, columns in units of UTF-16."""

    words: str
    line: int
    column: int


_FAULT, _NODES, _TOKENS = range(3)
"""What ``prelude/reading.js`` can be asked."""
READINGS: Mapping[str, tuple[int, str]] = {
    "code nodes": (_NODES, "[]"),
    "code tokens": (_TOKENS, '{"lines":[0],"texts":[],"begins":[],"partners":[]}'),
}
"""What a world may ask to know of its code → how it is found out, and what stands for nothing, as JSON."""
MAX_KEPT = 4 << 20
"""Characters of a reading that is kept."""


class Readings:
    """Readings of one code, each made when a world first asks: every event whose code fails needs them."""

    def __init__(self, scripts: Mapping[str, bytes], code: str) -> None:
        self._scripts = scripts
        self._code = code
        self._kept: dict[str, str] = {}

    def get(self, name: str) -> str:
        """JSON, see ``READINGS``. Nothing where reading takes too long."""
        if kept := self._kept.get(name):
            return kept
        way, nothing = READINGS[name]
        with engine.aside():
            found = _ask(self._scripts, way, self._code)
        if found and len(found) <= MAX_KEPT:
            self._kept[name] = found
        return found or nothing


def read_again(scripts: Mapping[str, bytes], code: str) -> Fault | None:
    """What V8 would say of the code. None when it would find no fault, or when reading takes too long.

    ``scripts`` are the compiled scripts of the prelude by name.
    """
    found = _ask(scripts, _FAULT, code)
    return Fault(*json.loads(found)) if found else None


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
    """Whether a function and a ``let``, ``const`` or ``class`` share a name, which the engine allows and V8 does not.

    The two may be in different blocks, so only ``read_again`` tells.
    """
    return not set(_FUNCTION.findall(code)).isdisjoint(_LEXICAL.findall(code))
