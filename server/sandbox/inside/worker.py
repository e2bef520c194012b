"""A worker: runs one owner's code, each event in a fresh world, until the server closes its side."""

import json
import os
import resource
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import _quickjs  # not ``quickjs``, whose import starts a thread: a zygote must not have one

from . import bytecode, fences, frames
from .frames import Head
from .wording import failure

JS_STACK = 16 << 20
"""About 9,000 plain frames, as V8 has them; half of the native stack."""
CONSOLE_TIME = 0.2
"""Seconds for handing out the console of a run that was cut off."""
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
}  # fmt: skip
"""Prelude file → the globals, and the methods of globals, that it makes when one of them is touched first."""

NO_HANDLER = "The code declares no function named handler. Write: function handler(webhook) { … return webhook; }"
NEVER_SETTLES = "handler returned a promise that never settles. There are no timers and no network to wait for."


@dataclass(frozen=True, slots=True)
class Limits:
    run_time: float
    memory: int
    result: int
    console: int


class Prelude:
    """The JavaScript of ours, as it is handed to every world. Read once, while files can be read."""

    base = ""
    compiled: ClassVar[dict[str, bytes]] = {}
    """Bytecode of the scripts; empty where there is none."""
    learned: ClassVar[frozenset[str]] = frozenset()
    """The parts that this worker's code was seen to need, which its worlds then have from the start."""
    sources = "{}"
    data = "{}"
    globals = json.dumps(GLOBALS)
    parts: ClassVar[dict[str, str]] = {}
    """The data so far: name → JSON text."""

    @classmethod
    def add(cls, parts: dict[str, str]) -> None:
        """More data, such as a locale's, which come when code first asks for them."""
        cls.parts = cls.parts | parts
        cls.data = "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in cls.parts.items()) + "}"

    @classmethod
    def learn(cls, names: Iterable[str]) -> None:
        cls.learned = cls.learned | cls.compiled.keys() & set(names)


def warm_up() -> None:
    """Read what is needed from files and import lazily imported modules: behind the fences it is too late."""
    parts = {path.stem: _without_comments(path.read_text(encoding="utf-8")) for path in PRELUDE.glob("*.js")}
    Prelude.base = parts.pop("base")
    Prelude.sources = json.dumps(parts)
    scripts = {"base": Prelude.base, **parts}
    made = {name: found for name, script in scripts.items() if (found := bytecode.compiled(script))}
    Prelude.compiled = made if len(made) == len(scripts) else {}
    limits = Limits(run_time=1.0, memory=64 << 20, result=1 << 20, console=1 << 16)
    code = "const handler = webhook => { console.log(new URL('http://a').href); none() }"
    run(_World(limits, code), _EXAMPLE, b"{}")
    check(limits, "let a = ;")
    Prelude.learned = frozenset()
    "é".encode("idna")  # loads codecs


_EXAMPLE = '{"eventType":"","payload":null,"url":"","method":"POST","headers":{},"env":{}}'


def _without_comments(script: str) -> str:
    """Lines of comment and indentation cost every event a little."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("// "))


def serve(descriptor: int, limits: Limits) -> None:
    """Answer requests until the other side closes.

    A request's head has ``code`` when it is new, and ``parts``, data that the code was found to need; with ``event``
    the code is run on the payload in the body, without it the code is only checked. Replies: see ``run``, ``check``.
    """
    code = ""
    spare: _World | None = None
    frames.write(descriptor, {"is": "ready"})
    while request := frames.read(descriptor):
        head, payload = request
        code = head.get("code", code)
        if "parts" in head:
            Prelude.add(head["parts"])
            spare = None
        if "event" not in head:
            frames.write(descriptor, check(limits, code))
            continue
        world = spare if spare and spare.code == code else _World(limits, code)
        spare = None
        reply, body = run(world, head["event"], payload)
        frames.write(descriptor, reply, body)
        if "spent" in reply:
            return  # what came after it in the same message goes to another worker
        spare = world = _World(limits, code)  # made while nobody waits for it; the one that was used ends here


def run(world: "_World", event: str, payload: bytes) -> tuple[Head, bytes]:
    """The reply: ``is`` (returned, cancelled, or a failure's kind), its ``console``, ``ms`` and ``memory``."""
    started = time.perf_counter()
    reply = world.run(event, payload.decode())
    if missing := world.missing():
        return {"is": "needs", "part": missing}, b""
    reply["ms"] = round((time.perf_counter() - started) * 1000, 3)
    reply["memory"] = world.memory()
    reply["console"] = world.console()
    if world.is_wasteful():
        reply["spent"] = True
    return reply, world.body() if reply["is"] == "returned" else b""


def check(limits: Limits, code: str) -> Head:
    """Compile without running: ``{"is": "fine"}`` or a failure of the kind ``syntax``.

    The binding cannot only compile, so a ``throw`` goes in front, on the first line, and nothing after it runs.
    """
    if "\0" in code:
        return failure(code, "SyntaxError", "Invalid or unexpected token", _nul_stack(code))
    front = f"{_directive(code)}throw 0;"
    context = _context(limits)
    context.set_time_limit(limits.run_time)
    try:
        context.eval(front + (f"//{code[2:]}" if code.startswith("#!") else code))
    except _quickjs.JSException as error:
        found = failure(code, *_parts(str(error)), shift=len(front))
        return found if found["is"] == "syntax" else {"is": "fine"}
    return {"is": "fine"}


class _World:
    """A fresh global for one event."""

    def __init__(self, limits: Limits, code: str) -> None:
        self._limits = limits
        self.code = code
        self._touched = _touched_memory()
        self._context = context = _context(limits)
        if Prelude.compiled:
            start = bytecode.value_of(context, Prelude.compiled["base"])
        else:
            # Ours is numbered after the last line of the user's, which tells the frames of a stack apart.
            start = context.eval("\n" * (code.count("\n") + 1) + Prelude.base)
        entropy = os.urandom(32).hex()
        self._ask = start(Prelude.sources, Prelude.data, Prelude.globals, limits.console, limits.result, entropy, code)
        for name in Prelude.learned:
            self._ask("part", name, bytecode.value_of(context, Prelude.compiled[name]))

    def run(self, event: str, payload: str) -> Head:
        deadline = time.process_time() + self._limits.run_time
        try:
            return self._outcome(event, payload, deadline)
        except _quickjs.JSException as error:
            return self._failure(*_parts(str(error)))
        except (MemoryError, UnicodeDecodeError, TypeError) as error:
            return failure(self.code, "InternalError", f"out of memory ({type(error).__name__})", "")

    def _outcome(self, event: str, payload: str, deadline: float) -> Head:
        if "\0" in self.code:
            return failure(self.code, "SyntaxError", "Invalid or unexpected token", _nul_stack(self.code))
        self._limit(deadline)
        self._context.eval(self.code)
        self._limit(deadline)
        handler = self._context.eval('typeof handler === "function" ? handler : undefined')
        if handler is None:
            return {"is": "no handler", "message": NO_HANDLER}
        self._limit(deadline)
        state = self._ask("run", handler, event, payload)
        for _ in self._jobs(deadline):
            state = self._ask("state")
        state = state or self._ask("state")
        if not state:
            return {"is": "bad result", "message": NEVER_SETTLES}
        reply: Head = json.loads(state)
        if reply["is"] == "threw":
            return self._failure(reply["name"], reply["message"], reply["stack"])
        return reply

    def _failure(self, name: str, message: str, stack: str) -> Head:
        """When no memory is left even for the error, the engine throws null; the memory that was touched tells."""
        if not name and message == "null" and self.is_wasteful():
            return {"is": "memory limit", "message": ""}
        return failure(self.code, name, message, stack)

    def _jobs(self, deadline: float) -> Iterator[None]:
        """What promises left to do, within the same limit."""
        self._limit(deadline)
        count = 0
        while self._context.execute_pending_job():
            count += 1
            if count % 64 == 0:
                self._limit(deadline)
        if count:
            yield

    def _limit(self, deadline: float) -> None:
        left = deadline - time.process_time()
        if left <= 0:
            raise _quickjs.JSException("InternalError: interrupted\n")
        self._context.set_time_limit(left)

    def is_wasteful(self) -> bool:
        """The run touched so much memory that the system had better get it back, with the whole process."""
        return _touched_memory() > self._touched + self._limits.memory // 4

    def memory(self) -> int:
        """Bytes of the engine's heap now."""
        return int(self._context.memory()["memory_used_size"])

    def missing(self) -> str:
        """The part of the prelude that the run would have needed and that is not here."""
        self._context.set_time_limit(CONSOLE_TIME)
        try:
            Prelude.learn(str(self._ask("fetched")).split())
            return str(self._ask("missing"))
        except (_quickjs.JSException, MemoryError, ValueError, TypeError):
            return ""

    def console(self) -> list[Any]:
        self._context.set_time_limit(CONSOLE_TIME)
        try:
            lines: list[Any] = json.loads(self._ask("console") or "[]")
        except (_quickjs.JSException, MemoryError, ValueError, TypeError):
            return []
        return lines

    def body(self) -> bytes:
        return str(self._ask("body")).encode()


def _context(limits: Limits) -> Any:
    context = _quickjs.Context()
    context.set_memory_limit(limits.memory)
    context.set_max_stack_size(JS_STACK if fences.LINUX else 4 << 20)
    return context


def _touched_memory() -> int:
    """The most memory that this process ever had at once, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * 1024 if fences.LINUX else peak


def _parts(text: str) -> tuple[str, str, str]:
    """The binding's ``name: message`` and stack, in one text, taken apart: name, message, stack."""
    message, _, stack = text.partition("\n    at ")
    message = _said_once(message)
    name, colon, rest = message.partition(": ")
    stack = f"    at {stack}" if stack else ""
    if colon and name.isidentifier():
        return name, rest.removesuffix("\n"), stack
    return "", message.removesuffix("\n").removesuffix("\nundefined"), stack


def _said_once(text: str) -> str:
    """A stack in V8's form begins with the error's name and message, which the binding then says twice."""
    half = len(text) // 2
    return text[:half] if text[half : half + 1] == "\n" and text[:half] == text[half + 1 :] else text


def _directive(code: str) -> str:
    """``"use strict"`` counts only in front, so it is said again there."""
    return '"use strict";' if code.lstrip("\ufeff \t\r\n")[1:11] == "use strict" else ""


def _nul_stack(code: str) -> str:
    before = code[: code.index("\0")]
    return f"    at <input>:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
