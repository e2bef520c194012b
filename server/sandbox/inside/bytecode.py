"""Scripts of ours, compiled once and loaded into every world in a tenth of the time that compiling takes.

The binding has no door to the engine's bytecode, but its library exports the engine's own C functions, and a
``Context`` begins with the two pointers that these want. Both are tried before they are used: where they are not what
they were in the version we name, scripts are compiled as text, and nothing but time is lost.
Only scripts of ours go this way. What a stranger wrote is never read as bytecode.
"""

import ctypes
from typing import Any

import _quickjs

_HEADER = object.__basicsize__
_EXCEPTION = 6
_GLOBAL, _COMPILE_ONLY, _BYTECODE = 0, 1 << 5, 1
_GIVEN = b"hookbench"
"""The global by which a script's value reaches the binding. `base.js` deletes it before anybody else runs."""


class _Value(ctypes.Structure):
    _fields_ = (("content", ctypes.c_uint64), ("tag", ctypes.c_int64))


def _engine() -> Any:
    """The engine's functions, or None where they cannot be had."""
    pointer, text, size, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int
    try:
        library = ctypes.PyDLL(_quickjs.__file__)
        for name, result, arguments in (
            ("JS_GetRuntime", pointer, (pointer,)),
            ("JS_Eval", _Value, (pointer, text, size, text, number)),
            ("JS_WriteObject", pointer, (pointer, ctypes.POINTER(size), _Value, number)),
            ("JS_ReadObject", _Value, (pointer, text, size, number)),
            ("JS_EvalFunction", _Value, (pointer, _Value)),
            ("JS_GetGlobalObject", _Value, (pointer,)),
            ("JS_SetPropertyStr", number, (pointer, _Value, text, _Value)),
            ("JS_FreeValue", None, (pointer, _Value)),
            ("js_free", None, (pointer, pointer)),
        ):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    return library


def _pointer(context: Any) -> int:
    """The engine's own context inside the binding's; 0 when it is not where it should be."""
    runtime = ctypes.c_void_p.from_address(id(context) + _HEADER).value
    inner = ctypes.c_void_p.from_address(id(context) + _HEADER + ctypes.sizeof(ctypes.c_void_p)).value
    return inner if runtime and inner and _js.JS_GetRuntime(inner) == runtime else 0


_js: Any = _engine() if ctypes.sizeof(ctypes.c_void_p) == 8 else None  # elsewhere a value has another shape


def compiled(script: str) -> bytes | None:
    """Bytecode of a script of ours, or None when this machine has to do without."""
    context = _quickjs.Context()
    if _js is None or not (inner := _pointer(context)):
        return None
    text, size = script.encode(), ctypes.c_size_t()
    function = _js.JS_Eval(inner, text, len(text), b"<ours>", _GLOBAL | _COMPILE_ONLY)
    if function.tag == _EXCEPTION:
        return None
    written = _js.JS_WriteObject(inner, ctypes.byref(size), function, _BYTECODE)
    _js.JS_FreeValue(inner, function)
    if not written:
        return None
    code = ctypes.string_at(written, size.value)
    _js.js_free(inner, written)
    return code


def value_of(context: Any, code: bytes) -> Any:
    """Run bytecode that ``compiled`` made, in a context in which nothing has run yet: the script's value."""
    inner = _pointer(context)
    holder = _js.JS_GetGlobalObject(inner)
    function = _js.JS_ReadObject(inner, code, len(code), _BYTECODE)
    value = function if function.tag == _EXCEPTION else _js.JS_EvalFunction(inner, function)
    if value.tag == _EXCEPTION:
        _js.JS_FreeValue(inner, holder)
        raise MemoryError  # the one thing that can go wrong with a script of ours
    _js.JS_SetPropertyStr(inner, holder, _GIVEN, value)
    _js.JS_FreeValue(inner, holder)
    return context.get(_GIVEN.decode())
