"""The worker process: runs one owner's code, each event in a fresh world, until the server closes its side."""

import json
import math
import os
import re
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from . import digits, engine, fences, frames, offers
from .engine import Heap, Realm, Thrown
from .frames import Head
from .syntax import READINGS, Readings, may_declare_twice, read_again
from .wording import failure

JS_STACK = 16 << 20
"""Enough for about 9,000 plain frames, as in V8; half of the native stack."""
MAX_REJECTIONS = 5
"""Most unhandled rejections that are reported for one run."""
MAX_REJECTION = 500
"""Longest message of a reported rejection, in characters."""
CONSOLE_TIME = 0.2
"""Time limit in seconds for reading the console of a run that was interrupted."""
MAX_DATA = 4 << 20
"""Characters of locale data above which a worker drops all that it keeps."""
MAX_PART_NAME = 160
UNSEEN = 8 << 20
"""Bytes by which the process may grow apart from its heap: pages shared with the zygote, an event's text."""
PRELUDE = Path(__file__).parent / "prelude"

GLOBALS = {
    "console": ["console"],
    "url": ["URL", "URLSearchParams"],
    "encoding": ["TextEncoder", "TextDecoder"],
    "clone": ["structuredClone"],
    "crypto": ["crypto", "Crypto", "CryptoKey", "SubtleCrypto"],
    "intl": [
        "Intl", "Number.toLocaleString", "BigInt.toLocaleString", "Date.toLocaleString", "Date.toLocaleDateString",
        "Date.toLocaleTimeString", "Array.toLocaleString", "String.localeCompare", "String.toLocaleUpperCase",
        "String.toLocaleLowerCase", "Date.toString", "Date.toTimeString",
    ],
    "absent": [
        "fetch", "require", "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval",
        "XMLHttpRequest",
    ],
    "json": ["JSON"],
    "date": ["Date"],
    "radix": ["Number.toString"],
    "math": [f"Math.{name}" for name in offers.MATH],
    "limit": ["stackTraceLimit"],
    "any": ["any"],
}  # fmt: skip
"""Prelude file → the globals and methods that it provides. The file loads on the first use of one of them."""

WAITING = ("async", "Promise", "Async", "then", "subtle", "Microtask", "import")
"""Words of asynchronous code. Code without them and without reflection leaves no jobs when ``handler`` returns."""
REFLECTION = ("globalThis", "this", "eval", "Function", "constructor", "\\u")
"""Words with which code can reach a global without writing its name."""
STEMS = {"Date.toString": "Date", "Date.toTimeString": "Date"}
"""Method that the language calls by itself → the word to look for in the code instead of the method's name."""
LOCALES = "ocale"
"""Part of every locale method's name. Code may compose such names: ``"toLocale" + what + "String"``."""

BINARY = ("8Array", "8Clamped", "16Array", "32Array", "64Array", "ArrayBuffer", "DataView", "Atomics")
WEB = ("atob", "btoa", "DOMException", "WeakRef", "FinalizationRegistry", "performance")
"""Engine built-ins that a world omits if their names are not in the code: they are a quarter of its cost."""

EXACT = {
    # Not if the code only reads the current time: our Date is only needed for parsing text.
    "Date": re.compile(r"(?<!\bnew )\bDate\b(?!\s*\.\s*(?:now|UTC)\b)|\bDate\b(?!\s*\.\s*(?:now|UTC)\b|\s*\(\s*\))"),
    "any": re.compile(r"\bany\b.*\bPromise\b|\bPromise\b.*\bany\b", re.DOTALL),
    "Number.toString": re.compile(r"toString\s*(?:\(\s*[^)\s]|\.\s*[abc])"),
}
"""Stricter patterns for names that appear in most code: our version is needed only if the pattern matches."""
_MATH = re.compile(r"\bMath\b(?:\s*\.\s*([a-zA-Z]\w*))?")
_KNOWN = re.compile("|".join({name.rpartition(".")[2] for name in GLOBALS["intl"] if LOCALES in name}))

_RUN, _CONCLUDE, _CONSOLE, _RUN_WITH_JOBS, _DESCRIBE, _KEEP_DIGITS, _LOST_DIGITS, _FIX, _COUNTS = range(9)
"""Requests that ``prelude/base.js`` handles; the last one, ``offers._COUNTERS``."""
_BRACE = ord("{")


@dataclass(frozen=True, slots=True)
class Limits:
    run_time: float
    memory: int
    result: int
    console: int


class Prelude:
    """Our JavaScript, compiled once before the fences forbid reading files, and the locale data it has requested."""

    sources: ClassVar[dict[str, str]] = {}
    scripts: ClassVar[dict[str, bytes]] = {}
    """Bytecode of the sources."""
    binary: ClassVar[set[str]] = set()
    """Names of scripts that need buffers."""
    waiting: ClassVar[set[str]] = set()
    """Names of scripts that need promises."""
    data: ClassVar[dict[str, str]] = {}
    """Part name, such as ``locale:de`` → JSON text."""
    size: ClassVar[int] = 0
    """Characters in ``data``."""

    @classmethod
    def keep(cls, name: str, text: str) -> None:
        if cls.size > MAX_DATA:
            cls.data, cls.size = {}, 0
        cls.data[name] = text
        cls.size += len(text)


class Code:
    """A user's code, and what its worlds need from the start."""

    def __init__(self, text: str, counting: tuple[str, int] | None = None) -> None:
        self.text = text
        self.counting = counting
        """The function that counts for the code, and the number of counters."""
        self.compiled = b""
        """Bytecode, compiled by the first world that runs the code."""
        self.rejected: Head | None = None
        """Why the code does not compile, found by the first world that tries."""
        self.readings = Readings(Prelude.scripts, text)
        self._base = b""
        self.is_binary = has_reflection(text) or is_binary(text)
        self.may_wait = has_reflection(text) or any(word in text for word in WAITING)
        """Whether promise jobs may be left when ``handler`` returns."""

    def base(self) -> bytes:
        """Bytecode of the first script of its worlds."""
        if not self._base:
            rows = [(part, name) for part, names in wanted(self.text).items() for name in names]
            if rows or self.counting:
                everything = has_reflection(self.text)
                script = offers.script(rows, Prelude.sources, everything=everything, counting=self.counting)
            self._base = engine.compiled(script) if rows or self.counting else Prelude.scripts["base"]
        return self._base


def wanted(code: str) -> dict[str, list[str]]:
    """Those of our globals that the code may use, by prelude file. A world with all of them costs twice as much.

    Code can reach a global whose name it does not contain only by reflection; such code gets all globals.
    """
    if has_reflection(code):
        return GLOBALS
    rest, math = _KNOWN.sub("", code), set(_MATH.findall(code))
    found = {part: [name for name in names if _is_named(name, code, rest, math)] for part, names in GLOBALS.items()}
    return {part: names for part, names in found.items() if names}


def has_reflection(code: str) -> bool:
    return any(word in code for word in REFLECTION)


def is_binary(code: str) -> bool:
    return any(word in code for word in (*BINARY, *WEB))


def _is_named(name: str, code: str, rest: str, math: set[str]) -> bool:
    """Whether the code may use the global ``name``.

    ``rest`` is the code without complete names of locale methods. ``math`` are the functions of Math that the code
    names after a dot; the empty name stands for any other use of Math.
    """
    method = name.rpartition(".")[2]
    if name.startswith("Math."):
        return "" in math or method in math
    if pattern := EXACT.get(name):
        return bool(pattern.search(code))
    return STEMS.get(name, method) in code or (LOCALES in method and LOCALES in rest)


def warm_up() -> None:
    """Read all files and import lazily imported modules now: the fences forbid it later."""
    Prelude.sources = sources = {path.stem: path.read_text(encoding="utf-8") for path in PRELUDE.rglob("*.js")}
    Prelude.scripts = {name: engine.compiled(source) for name, source in sources.items()}
    Prelude.binary = {name for name, source in sources.items() if is_binary(source)}
    Prelude.waiting = {name for name, source in sources.items() if "Promise" in source or "async" in source}
    limits = Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=1 << 16)
    code = Code("const handler = webhook => { console.log(new URL('http://a').href); none() }")
    heap = new_heap(limits)
    world = World(limits, code, heap)
    run(world, _EXAMPLE, b"{}")
    world.close()
    heap.close()
    check(limits, "let a = ;")
    "é".encode("idna")  # loads codecs


_EXAMPLE = b'{"eventType":"","payload":null,"url":"","method":"POST","headers":{},"env":{},"id":"","timestamp":""}'


def serve(descriptor: int, limits: Limits) -> None:
    """Handle requests until the server closes its side.

    A request's head has ``code`` if the code is new. A request with an event runs the code on the payload; one without
    an event only checks it. For replies see ``run`` and ``check``. Between a request and its reply the worker may
    request locale data: its message names the ``part``, and the head of the server's message repeats that name.
    """
    World.touched = _touched_memory()
    code, heap = Code(""), new_heap(limits)
    requests = frames.Requests(descriptor)
    spare: World | None = None

    def ask(name: str) -> str:
        """Request locale data from the server; empty if it refuses. The run's processor time stands still meanwhile."""
        if len(name) > MAX_PART_NAME:
            return ""
        frames.write(descriptor, frames.pack_reply(json.dumps({"part": name}).encode(), b""))
        text = requests.part()
        if text is None:
            os._exit(0)  # the server has closed, so nobody waits for this run
        return text

    frames.write(descriptor, frames.pack_reply(b'{"ready":%d}' % os.getpid(), b""))
    for head, event, payload in requests:
        if "code" in head:
            code = Code(head["code"], head.get("counters"))
        if not event:
            frames.write(descriptor, frames.pack_reply(json.dumps(check(limits, code.text)).encode(), b""))
            continue
        if spare and spare.code is not code:
            spare.close()
            spare = None
        world = spare or World(limits, code, heap, ask)
        reply, body = run(world, event, payload)
        frames.write(descriptor, frames.pack_reply(reply, body))
        if world.is_spent:
            return  # the server sends the rest of the batch to another worker
        world.close()
        if not heap.is_clean():
            heap.close()
            heap = new_heap(limits)
        spare = World(limits, code, heap, ask)  # prepared now, while nobody waits for it


def run(world: "World", event: bytes, payload: bytes) -> tuple[bytes, bytes]:
    """Run one event. Returns the reply's head and body.

    The head is JSON: ``is`` (returned, cancelled, needs, or a failure's kind), ``console``, ``ms``, ``memory``, and
    ``warnings``, ``counts`` and ``spent`` if there are any. The body is the returned payload.
    """
    started = time.perf_counter()
    engine.watch_memory(world.heap)
    head, body = world.run(event, payload)
    ms = (time.perf_counter() - started - world.waited) * 1000
    more = f',"warnings":{json.dumps(world.warnings)}' if world.warnings else ""
    more += world.counts() if world.code.counting else ""
    more += ',"spent":true' if world.note_memory() else ""
    return b'%b,"ms":%.3f,"memory":%d%b}' % (head, ms, world.peak(), more.encode()), body


def check(limits: Limits, code: str) -> Head:
    """Compile without running. Returns ``{"is": "fine"}`` or a failure of kind ``syntax``."""
    heap = new_heap(limits)
    realm = Realm(heap)
    engine.set_deadline(time.process_time() + limits.run_time)
    try:
        realm.compiled(code.encode(errors="replace"))
    except Thrown as error:
        found = _not_compiled(code, error)
        return found if found["is"] == "syntax" else {"is": "fine"}
    finally:
        realm.close()
        heap.close()
    return _declared_twice(code) or {"is": "fine"}


def _not_compiled(code: str, error: Thrown) -> Head:
    name, message, stack = _parts(error)
    fault = read_again(Prelude.scripts, code) if name == "SyntaxError" else None
    return failure(code, name, message, stack, fault)


def _declared_twice(code: str) -> Head | None:
    """The failure for a name declared twice, which the engine accepts and V8 rejects; None if there is none."""
    fault = read_again(Prelude.scripts, code) if may_declare_twice(code) else None
    return failure(code, "SyntaxError", "", "", fault) if fault else None


class World:
    """A fresh global environment for one event."""

    touched: ClassVar[int] = 0
    """Peak memory of the process after the last event, in bytes."""

    def __init__(self, limits: Limits, code: Code, heap: Heap, ask: Callable[[str], str] = lambda name: "") -> None:
        self._limits = limits
        self._ask = ask
        self.code = code
        self.heap = heap
        self.is_spent = False
        self.warnings: list[Head] = []
        """Warnings about the result; see ``domain.warnings``."""
        self._is_fixed = False
        """Whether time and random values are the same in every run."""
        self.waited = 0.0
        """Seconds spent waiting for locale data."""
        self._touched = World.touched
        self._is_binary = code.is_binary
        self._has_promises = code.may_wait
        engine.set_deadline(math.inf)
        self._realm = Realm(heap, self._fetch)
        if code.is_binary:
            self._realm.add_binary()
        if code.may_wait:
            self._realm.add_promises()
        self._realm.start(code.base(), limits.console, limits.result)

    def close(self) -> None:
        self._realm.close()

    def run(self, event: bytes, payload: bytes) -> tuple[bytes, bytes]:
        """Run the event. Returns the reply's head without its closing brace, and its body."""
        try:
            if not self.code.compiled and not self.code.rejected:
                self._compile()
            if self.code.rejected:
                return f'{json.dumps(self.code.rejected)[:-1]},"console":[]'.encode(), b""
            head, _, body = self._answer(event, payload).partition(b"\n")
        except Thrown as error:
            return self._failure(*_parts(error), self._console()), b""
        if head.startswith(b'{"is":"threw"'):
            said = json.loads(head + b"}")
            return self._failure(said["name"], said["message"], said["stack"], json.dumps(said["console"])), b""
        return head, body

    def _compile(self) -> None:
        """Set ``compiled`` or ``rejected`` of the code. Raises ``Thrown`` if it exceeds a limit."""
        code = self.code
        engine.set_deadline(time.process_time() + self._limits.run_time)
        try:
            compiled = self._realm.compiled(code.text.encode(errors="replace"))
        except Thrown as error:
            found = _not_compiled(code.text, error)
            if found["is"] != "syntax":
                raise
            code.rejected = found
            return
        code.rejected = _declared_twice(code.text)
        code.compiled = b"" if code.rejected else compiled

    def _answer(self, event: bytes, payload: bytes) -> bytes:
        deadline = time.process_time() + self._limits.run_time
        engine.set_deadline(deadline)
        if event[0] != _BRACE:
            clock, event = frames.clock_of(event)
            self._is_fixed = True
            self._realm.ask(_FIX, clock)
        rows = digits.rows(payload, self.code.text) if digits.may_change(payload) else b""
        if rows:
            self._realm.ask(_KEEP_DIGITS, rows)
        answer = self._run_code(event, payload, deadline)
        if rows:
            self.warnings += json.loads(self._realm.ask(_LOST_DIGITS))
        return answer

    def _run_code(self, event: bytes, payload: bytes, deadline: float) -> bytes:
        self._realm.evaluate(self.code.compiled)
        answer = self._realm.ask(_RUN_WITH_JOBS if self.code.may_wait else _RUN, event, payload)
        if answer and not self.code.may_wait:
            return answer
        jobs = 0
        while self._realm.job():
            jobs += 1
            if jobs % 64 == 0 and time.process_time() > deadline:
                raise Thrown("InternalError: interrupted")
        if not self.code.may_wait:
            return answer or self._realm.ask(_CONCLUDE)
        answer = self._realm.ask(_CONCLUDE)
        self._note_rejections()
        return answer

    def _note_rejections(self) -> None:
        """Report unhandled rejections as warnings, not failures: the returned result may not depend on that work."""
        for fields in self._realm.ask_about_rejections(_DESCRIBE, MAX_REJECTIONS):
            said = json.loads(fields)
            error = failure(self.code.text, said["name"], said["message"], said["stack"])
            warning = {"kind": "rejection", "message": error["message"][:MAX_REJECTION]}
            if "line" in error:
                warning |= {"kind": "rejection at", "line": error["line"]}
            self.warnings.append(warning)

    def _failure(self, name: str, message: str, stack: str, console: str) -> bytes:
        if console.startswith("{"):
            return console.encode()
        # If no memory is left for an error object, the engine throws null or a message without a name.
        if not name and message in ("null", "out of memory", "interrupted") and self.note_memory():
            name, message = "InternalError", "out of memory" if message == "null" else message
        reply = failure(self.code.text, name, message, stack)
        return f'{json.dumps(reply)[:-1]},"console":{console}'.encode()

    def _console(self) -> str:
        """The console lines so far as a JSON list; or a whole head, in braces, if the run needs missing data."""
        engine.set_deadline(time.process_time() + CONSOLE_TIME)
        try:
            return self._realm.ask(_CONSOLE).decode().strip()
        except Thrown:
            return "[]"

    def counts(self) -> str:
        """What the code's counters counted, as a field of the reply; empty if no memory is left to read them."""
        engine.set_deadline(time.process_time() + CONSOLE_TIME)
        try:
            return f',"counts":[{self._realm.ask(_COUNTS).decode()}]'
        except Thrown:
            return ""

    def peak(self) -> int:
        """The most bytes of heap that the run used at once, as far as it was observed.

        The heap is sampled while code runs, but not inside a single call of a built-in. Memory that such a call takes
        and frees again shows only in the peak memory of the process, so that is used if it grew by clearly more.
        """
        seen = engine.most_memory(self.heap)
        grown = World.touched - self._touched
        return grown if grown > seen + UNSEEN else seen

    def note_memory(self) -> bool:
        """Update ``touched``. Returns whether the run used so much memory that the process should end to free it."""
        World.touched = _touched_memory()
        self.is_spent = World.touched > self._touched + self._limits.memory // 4
        return self.is_spent

    def _fetch(self, name: str) -> bytes | str | None:
        """What one of our scripts requests: the bytecode of another script, or data as JSON."""
        if script := Prelude.scripts.get(name):
            if name in Prelude.binary and not self._is_binary:
                self._is_binary = True
                self._realm.add_binary()
            if name in Prelude.waiting and not self._has_promises:
                self._has_promises = True
                self._realm.add_promises()
            return script
        match name:
            case "code":
                return json.dumps(self.code.text)
            case _ if name in READINGS:
                return self.code.readings.get(name)
            case "entropy":
                return json.dumps((bytes(32) if self._is_fixed else os.urandom(32)).hex())
            case _:
                return Prelude.data.get(name) or self._asked(name)

    def _asked(self, name: str) -> str | None:
        started = time.perf_counter()
        text = self._ask(name)
        self.waited += time.perf_counter() - started
        if text:
            Prelude.keep(name, text)
        return text or None


def new_heap(limits: Limits) -> Heap:
    return Heap(limits.memory, JS_STACK if fences.LINUX else 4 << 20)


def _touched_memory() -> int:
    """Peak memory of this process, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * 1024 if fences.LINUX else peak


def _parts(error: Thrown) -> tuple[str, str, str]:
    """Name, message and stack of an error. A stack in V8's form begins with name and message; these are removed."""
    name, colon, message = error.text.partition(": ")
    stack = error.stack.removeprefix(error.text).removeprefix("\n")
    return (name, message, stack) if colon and name.isidentifier() else ("", error.text, stack)
