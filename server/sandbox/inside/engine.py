"""Calls QuickJS through its C functions. A realm is a fresh global environment for one event, in a worker's heap.

The library of the Python binding exports these functions. Calling them directly, instead of the binding's classes,
lets us run bytecode instead of text, read the heap's size without walking through the heap, and share a heap between
realms. This process only runs bytecode that it or the zygote compiled; a stranger's code always comes as text.
"""

import ctypes
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import _quickjs  # not ``quickjs``, whose import starts a thread: forking a process with threads is unsafe

_INT, _NULL, _UNDEFINED, _EXCEPTION, _STRINGS = 0, 2, 3, 6, (-7, -6)
"""Type tags of values."""
_GLOBAL, _COMPILE_ONLY = 0, 1 << 5
_BYTECODE, _WITHOUT_SOURCE, _WITHOUT_PLACES = 1, 1 << 4, 1 << 5
_NUMBER_TO_NUMBER = 6
"""The signature of a C function that takes a number and returns one."""
_FOUND, _ABSENT, _FAILED = 1.0, 0.0, -1.0
_COLLECT_FROM = 4 << 20
"""Bytes of heap below which collecting garbage is not worth its cost, since the realm ends with its event."""
_MAX_REJECTIONS = 100
"""Most unhandled rejections that are kept of one run."""
_SIZES_AT = 5 * 8
"""Offset in a runtime of the number of blocks, their bytes and the memory limit; see ``_sizes_are_known``."""


Fetch = Callable[[str], bytes | str | None]
"""Name of what one of our scripts requests → bytecode, JSON text, or None if it does not exist."""


class Thrown(Exception):
    """Code threw an exception or does not compile. Holds the thrown value as text, and its stack."""

    def __init__(self, text: str, stack: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.stack = stack


class _Value(ctypes.Structure):
    _fields_ = (("content", ctypes.c_uint64), ("tag", ctypes.c_int64))


_Sizes = ctypes.c_size_t * 3
_pointer, _text, _size, _number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int
_OnRejection = ctypes.CFUNCTYPE(None, _pointer, _Value, _Value, ctypes.c_bool, _pointer)
_OnInterrupt = ctypes.CFUNCTYPE(_number, _pointer, _pointer)
_OnFetch = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)

_BUILT_IN = (
    "JS_AddIntrinsicBaseObjects", "JS_AddIntrinsicDate", "JS_AddIntrinsicEval", "JS_AddIntrinsicRegExp",
    "JS_AddIntrinsicJSON", "JS_AddIntrinsicProxy", "JS_AddIntrinsicMapSet",
)  # fmt: skip
_BINARY = (
    "JS_AddIntrinsicTypedArrays", "JS_AddIntrinsicDOMException", "JS_AddIntrinsicAToB", "JS_AddIntrinsicWeakRef",
    "JS_AddPerformance",
)  # fmt: skip
"""Built-ins that little code needs. They make up a quarter of the cost of a realm."""

_FUNCTIONS: Mapping[str, tuple[Any, ...]] = {
    "JS_NewRuntime": (_pointer,),
    "JS_FreeRuntime": (None, _pointer),
    "JS_SetMemoryLimit": (None, _pointer, _size),
    "JS_SetMaxStackSize": (None, _pointer, _size),
    "JS_SetGCThreshold": (None, _pointer, _size),
    "JS_SetInterruptHandler": (None, _pointer, _OnInterrupt, _pointer),
    "JS_SetHostPromiseRejectionTracker": (None, _pointer, _OnRejection, _pointer),
    "JS_ComputeMemoryUsage": (None, _pointer, _pointer),
    "JS_RunGC": (None, _pointer),
    "JS_NewContextRaw": (_pointer, _pointer),
    "JS_FreeContext": (None, _pointer),
    **dict.fromkeys((*_BUILT_IN, *_BINARY, "JS_AddIntrinsicPromise"), (_number, _pointer)),
    "JS_Eval": (_Value, _pointer, _text, _size, _text, _number),
    "JS_Call": (_Value, _pointer, _Value, _Value, _number, _pointer),
    "JS_ExecutePendingJob": (_number, _pointer, ctypes.POINTER(_pointer)),
    "JS_WriteObject": (_pointer, _pointer, ctypes.POINTER(_size), _Value, _number),
    "JS_ReadObject": (_Value, _pointer, _text, _size, _number),
    "JS_EvalFunction": (_Value, _pointer, _Value),
    "JS_ParseJSON": (_Value, _pointer, _text, _size, _text),
    "JS_NewStringLen": (_Value, _pointer, _text, _size),
    "JS_NewCFunction2": (_Value, _pointer, _OnFetch, _text, _number, _number, _number),
    "JS_GetPropertyStr": (_Value, _pointer, _Value, _text),
    "JS_SetPropertyStr": (_number, _pointer, _Value, _text, _Value),
    "JS_GetException": (_Value, _pointer),
    "JS_ToCStringLen2": (_pointer, _pointer, ctypes.POINTER(_size), _Value, _number),
    "JS_FreeCString": (None, _pointer, _pointer),
    "JS_FreeValue": (None, _pointer, _Value),
    "JS_DupValue": (_Value, _pointer, _Value),
    "js_free": (None, _pointer, _pointer),
}
"""Name → result type and argument types, for 64-bit pointers; the engine represents values differently elsewhere."""


def _library() -> Any:
    library = ctypes.PyDLL(_quickjs.__file__)
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


_js: Any = _library()
_add_built_in = tuple(getattr(_js, name) for name in _BUILT_IN)
_add_binary = tuple(getattr(_js, name) for name in _BINARY)
_JS_UNDEFINED = _Value(0, _UNDEFINED)


def compiled(script: str) -> bytes:
    """Bytecode of one of our scripts, without source and positions: V8 does not show those of its built-ins either."""
    heap = Heap(1 << 30, 1 << 20)
    realm = Realm(heap)
    try:
        return realm.compiled(script.encode(), _WITHOUT_SOURCE | _WITHOUT_PLACES)
    finally:
        realm.close()
        heap.close()


class Heap:
    """An engine's heap, in which realms live one after another. Nothing may survive from one realm to the next."""

    def __init__(self, memory: int, stack: int) -> None:
        """``memory``: limit for a realm; ``stack``: limit of the JavaScript stack; both in bytes."""
        self.runtime = _js.JS_NewRuntime()
        self._sizes = _Sizes.from_address(self.runtime + _SIZES_AT)
        _js.JS_SetMaxStackSize(self.runtime, stack)
        _js.JS_SetGCThreshold(self.runtime, _COLLECT_FROM)
        _js.JS_SetInterruptHandler(self.runtime, _on_interrupt, None)
        _js.JS_SetHostPromiseRejectionTracker(self.runtime, _on_rejection, None)
        first = Realm(self)  # registers the classes of objects, which the runtime keeps: part of the baseline
        first.add_binary()
        first.add_promises()
        first.close()
        _js.JS_RunGC(self.runtime)
        self._blocks, self._size = self._measured()
        _js.JS_SetMemoryLimit(self.runtime, self._size + memory)

    def close(self) -> None:
        _js.JS_FreeRuntime(self.runtime)

    def used(self) -> int:
        """Bytes that the current realm uses."""
        return self._measured()[1] - self._size

    @property
    def base(self) -> int:
        """Bytes of the heap without a realm."""
        return self._size

    def size(self) -> int:
        """Bytes of the whole heap; 0 if the engine's counters were not found. See ``watch_memory``."""
        return self._sizes[1] if _knows_sizes else 0

    def is_clean(self) -> bool:
        """Whether the realm that was closed left no block behind, such as an object that a promise still waits for.

        Collects garbage first. Tables of names may have grown; they keep their size, so bytes are not compared.
        """
        _js.JS_RunGC(self.runtime)
        blocks, self._size = self._measured()
        return blocks == self._blocks

    def _measured(self) -> tuple[int, int]:
        """Blocks and bytes now."""
        if not _knows_sizes:
            return self.counted()
        return self._sizes[0], self._sizes[1]

    def counted(self) -> tuple[int, int]:
        """Blocks and bytes as the engine counts them by walking through the heap, which is slow."""
        usage = (ctypes.c_int64 * 64)()
        _js.JS_ComputeMemoryUsage(self.runtime, usage)
        return usage[3], usage[0]


class Realm:
    """A fresh global environment. ``fetch`` returns what our scripts request while code runs; see ``start``."""

    def __init__(self, heap: Heap, fetch: Fetch = lambda name: None) -> None:
        self.heap = heap
        self.context = _js.JS_NewContextRaw(heap.runtime)
        for add in _add_built_in:
            add(self.context)
        self._fetch = fetch
        self._box = self._asked = _JS_UNDEFINED
        self._rejections: dict[int, tuple[_Value, _Value]] = {}
        """Address of an unhandled rejected promise → the promise and its reason, both kept alive."""

    def add_binary(self) -> None:
        """Add buffers, typed arrays and the other built-ins of ``_BINARY``."""
        for add in _add_binary:
            add(self.context)

    def add_promises(self) -> None:
        """Add promises and async functions."""
        _js.JS_AddIntrinsicPromise(self.context)

    def close(self) -> None:
        for rejection in list(self._rejections):
            self._forget_rejection(rejection)
        _js.JS_FreeValue(self.context, self._box)
        _js.JS_FreeValue(self.context, self._asked)
        _js.JS_FreeContext(self.context)

    def start(self, code: bytes, *arguments: int) -> None:
        """Run bytecode from ``compiled``, and call the function that it evaluates to with ``fetch`` and ``arguments``.

        That function returns ``{ ask, name, part }``. ``ask`` is the function that our method ``ask`` calls. To fetch,
        JavaScript sets ``name`` and reads the result from ``part``: the value of the bytecode, or the parsed JSON.
        Raises ``Thrown``.
        """
        function = self._valid(self._run(code))
        fetch = _js.JS_NewCFunction2(self.context, _on_fetch, b"", 1, _NUMBER_TO_NUMBER, 0)
        self._box = self._call(function, [fetch, *map(self._value, arguments)])
        self._asked = _js.JS_GetPropertyStr(self.context, self._box, b"ask")
        _js.JS_FreeValue(self.context, function)

    def compiled(self, script: bytes, options: int = 0) -> bytes:
        """Compile a script to bytecode without running it. Raises ``Thrown``."""
        self._enter()
        function = self._valid(_js.JS_Eval(self.context, script, len(script), b"<input>", _GLOBAL | _COMPILE_ONLY))
        size = _size()
        written = _js.JS_WriteObject(self.context, ctypes.byref(size), function, _BYTECODE | options)
        _js.JS_FreeValue(self.context, function)
        if not written:
            raise self._thrown()
        code = ctypes.string_at(written, size.value)
        _js.js_free(self.context, written)
        return code

    def evaluate(self, code: bytes) -> None:
        """Run bytecode that this process compiled. Raises ``Thrown``."""
        self._enter()
        _js.JS_FreeValue(self.context, self._valid(self._run(code)))

    def ask(self, *arguments: int | bytes) -> bytes:
        """Call our function ``ask``. Returns its result as text. Raises ``Thrown``."""
        return self._text(self._call(self._asked, list(map(self._value, arguments))))

    def job(self) -> bool:
        """Run the next pending job of promises. Returns False if there is none. Raises ``Thrown``."""
        self._enter()
        context = _pointer()
        done = _js.JS_ExecutePendingJob(self.heap.runtime, ctypes.byref(context))
        if done < 0:
            raise self._thrown()
        return bool(done)

    def ask_about_rejections(self, what: int, limit: int) -> list[bytes]:
        """Call our function with the reasons of the oldest ``limit`` unhandled rejections. Returns its results.

        Raises ``Thrown``.
        """
        reasons = [reason for _, reason in islice(self._rejections.values(), limit)]
        asked = [[_Value(what, _INT), _js.JS_DupValue(self.context, reason)] for reason in reasons]
        return [self._text(self._call(self._asked, values)) for values in asked]

    def note_rejection(self, promise: _Value, reason: _Value, is_handled: bool) -> None:
        """Called when a promise without a handler is rejected, and again if it gets a handler later."""
        if is_handled:
            self._forget_rejection(promise.content)
        elif len(self._rejections) < _MAX_REJECTIONS and promise.content not in self._rejections:
            kept = _js.JS_DupValue(self.context, promise), _js.JS_DupValue(self.context, reason)
            self._rejections[promise.content] = kept

    def _forget_rejection(self, promise: int) -> None:
        for value in self._rejections.pop(promise, ()):
            _js.JS_FreeValue(self.context, value)

    def _valid(self, value: _Value) -> _Value:
        """The value itself. Raises ``Thrown`` if it signals an exception."""
        if value.tag == _EXCEPTION:
            raise self._thrown()
        return value

    def _enter(self) -> None:
        global _entered
        _entered = self

    def _call(self, function: _Value, values: list[_Value]) -> _Value:
        self._enter()
        given = (_Value * len(values))(*values)
        value: _Value = _js.JS_Call(self.context, function, _JS_UNDEFINED, len(values), given)
        for each in values:
            if each.tag < 0:
                _js.JS_FreeValue(self.context, each)
        return self._valid(value)

    def _run(self, code: bytes) -> _Value:
        value: _Value = _js.JS_ReadObject(self.context, code, len(code), _BYTECODE)
        return value if value.tag == _EXCEPTION else _js.JS_EvalFunction(self.context, value)

    def _value(self, given: int | bytes) -> _Value:
        if not isinstance(given, bytes):
            return _Value(given, _INT)
        return self._valid(_js.JS_NewStringLen(self.context, given, len(given)))

    def _text(self, value: _Value) -> bytes:
        size = _size()
        text = _js.JS_ToCStringLen2(self.context, ctypes.byref(size), value, 0)
        _js.JS_FreeValue(self.context, value)
        if not text:
            raise self._thrown()
        found = ctypes.string_at(text, size.value)
        _js.JS_FreeCString(self.context, text)
        return found

    def _thrown(self) -> Thrown:
        """Take the pending exception from the engine. Making it text may run user code, within its time limit."""
        error = _js.JS_GetException(self.context)
        text, stack = self._read(error), None
        if error.tag not in (_NULL, _UNDEFINED):
            place = _js.JS_GetPropertyStr(self.context, error, b"stack")
            stack = self._read(place) if place.tag in _STRINGS or place.tag == _EXCEPTION else None
            _js.JS_FreeValue(self.context, place)
        _js.JS_FreeValue(self.context, error)
        return Thrown("a value that cannot be shown" if text is None else text, stack or "")

    def _read(self, value: _Value) -> str | None:
        """The value as text; None if the conversion throws. That second exception is dropped."""
        size = _size()
        text = value.tag != _EXCEPTION and _js.JS_ToCStringLen2(self.context, ctypes.byref(size), value, 0)
        if not text:
            _js.JS_FreeValue(self.context, _js.JS_GetException(self.context))
            return None
        found = ctypes.string_at(text, size.value).decode(errors="replace")
        _js.JS_FreeCString(self.context, text)
        return found

    def _hand_over(self) -> float:
        """Fetch what our script requests and put it where the script reads it. Returns found, absent or failed."""
        try:
            name = self._text(_js.JS_GetPropertyStr(self.context, self._box, b"name")).decode()
            found = self._fetch(name)
            if found is None:
                return _ABSENT
            part = self._run(found) if isinstance(found, bytes) else self._parsed(found.encode())
            _js.JS_SetPropertyStr(self.context, self._box, b"part", self._valid(part))
        except Thrown:
            return _FAILED
        return _FOUND

    def _parsed(self, text: bytes) -> _Value:
        value: _Value = _js.JS_ParseJSON(self.context, text, len(text), b"<data>")
        return value


_deadline = math.inf
_entered: Realm | None = None
_watched: Heap | None = None
_most = 0


def watch_memory(heap: Heap) -> None:
    """From now on, record the heap's size whenever the engine calls the interrupt handler, while code runs."""
    global _watched, _most
    _watched, _most = heap, heap.size()


def most_memory(heap: Heap) -> int:
    """The most bytes that a realm was seen to use at once since ``watch_memory``."""
    return max(_most - heap.base, heap.used())


@contextmanager
def aside() -> Iterator[None]:
    """Lets another realm run, with its own deadline, while this one waits for a fetch; restores both afterwards."""
    global _deadline, _entered
    before = _deadline, _entered
    try:
        yield
    finally:
        _deadline, _entered = before


def set_deadline(seconds: float) -> None:
    """Set the processor time of this process, in seconds, at which the engine interrupts running code."""
    global _deadline
    _deadline = seconds


@_OnInterrupt  # type: ignore[untyped-decorator]
def _on_interrupt(runtime: int, nothing: int) -> int:
    global _most
    if _watched and _watched.runtime == runtime and (size := _watched.size()) > _most:
        _most = size
    return time.process_time() >= _deadline


@_OnRejection  # type: ignore[untyped-decorator]
def _on_rejection(context: int, promise: _Value, reason: _Value, is_handled: bool, nothing: int) -> None:
    if _entered:
        _entered.note_rejection(promise, reason, is_handled)


@_OnFetch  # type: ignore[untyped-decorator]
def _on_fetch(_: float) -> float:
    return _entered._hand_over() if _entered else _ABSENT


def _sizes_are_known() -> bool:
    """Whether the counters are at the offset of the engine version that we pin. Otherwise we walk through the heap."""
    heap = Heap(1 << 30, 1 << 20)
    blocks, size, limit = _Sizes.from_address(heap.runtime + _SIZES_AT)
    known = (blocks, size) == heap.counted() and limit - size == 1 << 30
    heap.close()
    return known


_knows_sizes = False
_knows_sizes = _sizes_are_known()
