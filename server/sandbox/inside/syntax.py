"""Why code does not compile, in V8's words: the engine's parser only says that it does not."""

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


def read_again(scripts: Mapping[str, bytes], code: str) -> Fault | None:
    """What V8 would say of the code. None when it would find no fault, or when reading takes too long.

    ``scripts`` are the compiled scripts of the prelude by name.
    """
    heap = Heap(MAX_MEMORY, _STACK)
    realm = Realm(heap, scripts.get)
    engine.set_deadline(time.process_time() + MAX_SECONDS)
    try:
        realm.start(scripts["syntax"])
        found = realm.ask(code.encode(errors="replace"))
        return Fault(*json.loads(found)) if found else None
    except Thrown:
        return None
    finally:
        realm.close()
        heap.close()


def may_declare_twice(code: str) -> bool:
    """Whether a function and a ``let``, ``const`` or ``class`` share a name, which the engine allows and V8 does not.

    The two may be in different blocks, so only ``read_again`` tells.
    """
    return not set(_FUNCTION.findall(code)).isdisjoint(_LEXICAL.findall(code))
