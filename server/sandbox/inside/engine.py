"""The engine by its own C functions: a realm is a fresh global, made and ended for one event, in a worker's heap.

The binding's library exports them. Going past its Python classes, scripts come as bytecode instead of text, the heap's
size is one number instead of a walk through the heap, and realms share what the engine needs for its own names.
Bytecode is only ever read where it was made: in this process or in the zygote. A stranger's code comes as text.
"""

import ctypes
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import _quickjs  # not ``quickjs``, whose import starts a thread: a zygote must not have one

_INT, _NULL, _UNDEFINED, _EXCEPTION, _STRINGS = 0, 2, 3, 6, (-7, -6)
"""Tags of values."""
_GLOBAL, _COMPILE_ONLY = 0, 1 << 5
_BYTECODE, _WITHOUT_SOURCE, _WITHOUT_PLACES = 1, 1 << 4, 1 << 5
_NUMBER_TO_NUMBER = 6
"""The shape of a C function that takes a number and gives one."""
_FOUND, _ABSENT, _FAILED = 1.0, 0.0, -1.0
_COLLECT_FROM = 4 << 20
"""Bytes of heap that are not worth looking for garbage in, as all of it ends with its event."""
_MAX_REJECTIONS = 100
"""Unhandled rejections that are kept of one run."""
_SIZES_AT = 5 * 8
"""Where a runtime keeps the number of its blocks, their bytes and the limit; see ``_sizes_are_known``."""


Fetch = Callable[[str], bytes | str | None]
"""The name of what a script of ours wants → bytecode, or JSON text, or None for what is not here."""


class Thrown(Exception):
    """What code threw, or what kept it from compiling: the value as text, and its stack."""

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
"""What little code needs, and makes a quarter of a realm."""

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
"""Name → what it gives and what it takes, on machines with pointers of 64 bits: elsewhere values look different."""


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
    """Bytecode of a script of ours, without its source and places: V8 does not show those of its own either."""
    heap = Heap(1 << 30, 1 << 20)
    realm = Realm(heap)
    try:
        return realm.compiled(script.encode(), _WITHOUT_SOURCE | _WITHOUT_PLACES)
    finally:
        realm.close()
        heap.close()


class Heap:
    """Where realms live, one after another, and nothing between them."""

    def __init__(self, memory: int, stack: int) -> None:
        """``memory`` for a realm and ``stack`` in bytes."""
        self.runtime = _js.JS_NewRuntime()
        self._sizes = _Sizes.from_address(self.runtime + _SIZES_AT)
        _js.JS_SetMaxStackSize(self.runtime, stack)
        _js.JS_SetGCThreshold(self.runtime, _COLLECT_FROM)
        _js.JS_SetInterruptHandler(self.runtime, _on_interrupt, None)
        _js.JS_SetHostPromiseRejectionTracker(self.runtime, _on_rejection, None)
        first = Realm(self)  # makes kinds of objects known, which stay so
        first.add_binary()
        first.add_promises()
        first.close()
        _js.JS_RunGC(self.runtime)
        self._blocks, self._size = self._measured()
        _js.JS_SetMemoryLimit(self.runtime, self._size + memory)

    def close(self) -> None:
        _js.JS_FreeRuntime(self.runtime)

    def used(self) -> int:
        """Bytes that a realm has taken."""
        return self._measured()[1] - self._size

    @property
    def base(self) -> int:
        """Bytes that it has without a realm."""
        return self._size

    def size(self) -> int:
        """Bytes of all, for comparing; see ``watch_memory``."""
        return self._sizes[1] if _knows_sizes else 0

    def is_clean(self) -> bool:
        """After a realm was closed: it has left no block behind, such as an object that a promise still waits for.

        Tables of names may be longer than before, and stay so.
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
        """Blocks and bytes as the engine finds them by walking through the heap."""
        usage = (ctypes.c_int64 * 64)()
        _js.JS_ComputeMemoryUsage(self.runtime, usage)
        return usage[3], usage[0]


class Realm:
    """A fresh global. ``fetch`` gives what our scripts ask for while code runs; see ``start``."""

    def __init__(self, heap: Heap, fetch: Fetch = lambda name: None) -> None:
        self.heap = heap
        self.context = _js.JS_NewContextRaw(heap.runtime)
        for add in _add_built_in:
            add(self.context)
        self._fetch = fetch
        self._box = self._asked = _JS_UNDEFINED
        self._rejections: dict[int, tuple[_Value, _Value]] = {}
        """Where a rejected promise that nothing handles is → it and its reason, both kept alive."""

    def add_binary(self) -> None:
        """Buffers and what is made of them, and the exception of the web."""
        for add in _add_binary:
            add(self.context)

    def add_promises(self) -> None:
        """Promises and functions that wait for them."""
        _js.JS_AddIntrinsicPromise(self.context)

    def close(self) -> None:
        for rejection in list(self._rejections):
            self._forget_rejection(rejection)
        _js.JS_FreeValue(self.context, self._box)
        _js.JS_FreeValue(self.context, self._asked)
        _js.JS_FreeContext(self.context)

    def start(self, code: bytes, *arguments: int) -> None:
        """Run bytecode that ``compiled`` made, and call the function that it gives with a function ``fetch``.

        It returns ``{ ask, name, part }``: the function that ``ask`` calls, and how ``fetch`` gets the name of what is
        wanted and hands it over: bytecode as the value that it has, text as what it means in JSON.
        """
        function = self._valid(self._run(code))
        fetch = _js.JS_NewCFunction2(self.context, _on_fetch, b"", 1, _NUMBER_TO_NUMBER, 0)
        self._box = self._call(function, [fetch, *map(self._value, arguments)])
        self._asked = _js.JS_GetPropertyStr(self.context, self._box, b"ask")
        _js.JS_FreeValue(self.context, function)

    def compiled(self, script: bytes, options: int = 0) -> bytes:
        """Bytecode of a script, which is not run. Raises ``Thrown``."""
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
        """What our function answers, as text. Raises ``Thrown``."""
        return self._text(self._call(self._asked, list(map(self._value, arguments))))

    def job(self) -> bool:
        """Do the next thing that promises left to do; False when there is none. Raises ``Thrown``."""
        self._enter()
        context = _pointer()
        done = _js.JS_ExecutePendingJob(self.heap.runtime, ctypes.byref(context))
        if done < 0:
            raise self._thrown()
        return bool(done)

    def ask_about_rejections(self, what: int, limit: int) -> list[bytes]:
        """What our function answers to the reasons of the oldest rejections that nothing handled.

        Raises ``Thrown``.
        """
        reasons = [reason for _, reason in islice(self._rejections.values(), limit)]
        asked = [[_Value(what, _INT), _js.JS_DupValue(self.context, reason)] for reason in reasons]
        return [self._text(self._call(self._asked, values)) for values in asked]

    def note_rejection(self, promise: _Value, reason: _Value, is_handled: bool) -> None:
        """The engine calls this when a promise without a handler is rejected, and when it then gets one."""
        if is_handled:
            self._forget_rejection(promise.content)
        elif len(self._rejections) < _MAX_REJECTIONS and promise.content not in self._rejections:
            kept = _js.JS_DupValue(self.context, promise), _js.JS_DupValue(self.context, reason)
            self._rejections[promise.content] = kept

    def _forget_rejection(self, promise: int) -> None:
        for value in self._rejections.pop(promise, ()):
            _js.JS_FreeValue(self.context, value)

    def _valid(self, value: _Value) -> _Value:
        """The value, unless it says that something was thrown. Raises ``Thrown``."""
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
        """Takes what was thrown out of the engine. Making it text runs methods of the code, within its time."""
        error = _js.JS_GetException(self.context)
        text, stack = self._read(error), None
        if error.tag not in (_NULL, _UNDEFINED):
            place = _js.JS_GetPropertyStr(self.context, error, b"stack")
            stack = self._read(place) if place.tag in _STRINGS or place.tag == _EXCEPTION else None
            _js.JS_FreeValue(self.context, place)
        _js.JS_FreeValue(self.context, error)
        return Thrown("a value that cannot be shown" if text is None else text, stack or "")

    def _read(self, value: _Value) -> str | None:
        """The value as text; None when even that throws, which is forgotten."""
        size = _size()
        text = value.tag != _EXCEPTION and _js.JS_ToCStringLen2(self.context, ctypes.byref(size), value, 0)
        if not text:
            _js.JS_FreeValue(self.context, _js.JS_GetException(self.context))
            return None
        found = ctypes.string_at(text, size.value).decode(errors="replace")
        _js.JS_FreeCString(self.context, text)
        return found

    def _hand_over(self) -> float:
        """What our script asks for, laid where it looks for it."""
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
    """From now on the size of this heap is noted whenever the engine lets us look, while code runs."""
    global _watched, _most
    _watched, _most = heap, heap.size()


def most_memory(heap: Heap) -> int:
    """The most bytes that realms were seen to have at once since ``watch_memory``."""
    return max(_most - heap.base, heap.used())


@contextmanager
def aside() -> Iterator[None]:
    """Something else may be run within this, with a deadline of its own, while a realm waits for what it fetches."""
    global _deadline, _entered
    before = _deadline, _entered
    try:
        yield
    finally:
        _deadline, _entered = before


def set_deadline(seconds: float) -> None:
    """When the process has had so much processor time, the engine ends what runs."""
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
    """The runtime keeps its numbers where the version we name has them: to walk through the heap would cost."""
    heap = Heap(1 << 30, 1 << 20)
    blocks, size, limit = _Sizes.from_address(heap.runtime + _SIZES_AT)
    known = (blocks, size) == heap.counted() and limit - size == 1 << 30
    heap.close()
    return known


_knows_sizes = False
_knows_sizes = _sizes_are_known()
