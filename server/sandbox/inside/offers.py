"""Builds the first script of a code's worlds: ``prelude/base.js`` with those of our globals that the code may use.

The script is built once per code and runs for every event, so it has no loops, no data to parse and no unused cases.
The globals are part of this script because a second script would cost every event more time.
"""

from collections.abc import Mapping, Sequence

MATH: Mapping[str, str] = {
    "acos": "arcs", "acosh": "logarithms", "asin": "arcs", "asinh": "logarithms", "atan": "arcs", "atan2": "arcs",
    "atanh": "logarithms", "cbrt": "powers", "cos": "trigonometry", "cosh": "exponentials", "exp": "exponentials",
    "expm1": "exponentials", "hypot": "hypot", "log": "logarithms", "log10": "logarithms", "log1p": "logarithms",
    "log2": "logarithms", "pow": "powers", "sin": "trigonometry", "sinh": "exponentials", "tan": "trigonometry",
    "tanh": "exponentials",
}  # fmt: skip
"""Function of ``Math`` whose results differ between V8 and the engine → prelude file that computes it as V8 does."""

_PLACE = "  // Here `offers.py` puts the globals that the code may touch.\n"

_HEAD = """  {
  const { defineProperty } = Object;
  const put = (target, key, value) => defineProperty(target, key, { value, writable: true, configurable: true });
"""
_OFFER = """
  // Made when it is touched first.
  function offer(name, make) {
    const get = () => (put(globalThis, name, make()), globalThis[name]);
    defineProperty(globalThis, name, { get, set: (value) => put(globalThis, name, value), configurable: true });
  }
"""

# The engine's own functions; their errors get V8's messages.
_JSON = """
  put(JSON, "parse", { parse(text, reviver) {
    try {
      return parse(text, reviver);
    } catch (error) {
      throw load("json").ofParse(error, text);
    }
  } }.parse);
  put(JSON, "stringify", { stringify(value, replacer, space) {
    try {
      return stringify(value, replacer, space);
    } catch (error) {
      throw load("json").ofStringify(error, value);
    }
  } }.stringify);
"""

# Typed arrays format their numbers like other arrays.
_TYPED = """
  if (typeof Uint8Array === "function") {
    const prototype = Object.getPrototypeOf(Uint8Array.prototype), { values } = prototype;
    put(prototype, "toLocaleString", { toLocaleString() {
      return load("intl").typedToText(values, this, arguments[0], arguments[1]);
    } }.toLocaleString);
  }
"""

# The engine writes whole numbers as V8 does, so only fractions need our code.
_RADIX = """
  const numberToString = (host.numberToString = Number.prototype.toString), { isSafeInteger } = Number;
  put(Number.prototype, "toString", { toString(radix) {
    if (radix === undefined || isSafeInteger(this)) return apply(numberToString, this, [radix]);
    return apply(load("radix")["Number.toString"], this, arguments);
  } }.toString);
"""

_LIMIT = """
  defineProperty(Error, "stackTraceLimit", { value: 10, writable: true, enumerable: true, configurable: true });
"""

_ANY = """
  host.any = Promise.any;
  put(Promise, "any", { any(values) { return apply(load("any").any, this, arguments); } }.any);
"""

# Assigning to the existing property keeps its attributes and order, and costs half as much as ``put``.
# If the result is a whole number that a double represents exactly, the engine's power equals V8's.
_POW = """
  const { pow: power } = Math, { isInteger } = Number;
  let pow;
  Math.pow = { pow(x, y) {
    x = +x;
    y = +y;
    if (y > 0 && isInteger(x) && isInteger(y)) {
      const whole = power(x, y);
      if (whole <= 9007199254740992 && whole >= -9007199254740992) return whole;
    }
    return (pow ??= load("powers").pow)(x, y);
  } }.pow;
"""
_ATAN2 = """
  let atan2;
  Math.atan2 = { atan2(y, x) { return (y = +y), (atan2 ??= load("arcs").atan2)(y, +x); } }.atan2;
"""
_HYPOT = """
  Math.hypot = { hypot(x, y) { return load("hypot").hypot([...arguments]); } }.hypot;
"""


# The code can reach only the counting function, not the list, and nothing that it changes is used here.
_COUNTERS = """
  const counts = [], {{ ask }} = box;
  for (let i = 0; i < {counters}; i++) counts[i] = 0;
  defineProperty(globalThis, "{name}", {{ value: (i) => void counts[i]++ }});
  box.ask = (what, event, payload) => {{
    if (what !== 8) return ask(what, event, payload);
    let all = "";
    for (let i = 0; i < {counters}; i++) all += (all && ",") + counts[i];
    return all;
  }};
"""


def script(
    rows: Sequence[tuple[str, str]],
    sources: Mapping[str, str],
    *,
    everything: bool,
    counting: tuple[str, int] | None = None,
) -> str:
    """JavaScript that sets up a world with these globals.

    ``rows`` are pairs of prelude file and global, see ``worker.GLOBALS``. ``sources`` maps prelude files to their text.
    ``everything``: the code may reach any global, so rarely used ones are created only on first use.
    ``counting``: the function that counts for the code, and the number of counters.
    """
    pieces = [_HEAD]
    math = [name.removeprefix("Math.") for part, name in rows if part == "math"]
    for part, name in rows:
        match part:
            case "math":
                pass
            case "json":
                pieces.append(_JSON)
            case "date":
                pieces.append(
                    f'\n  host.date = Date;\n  put(globalThis, "Date", {_expression(sources["date"])}(host).Date);\n'
                )
            case "radix":
                pieces.append(_RADIX)
            case "limit":
                pieces.append(_LIMIT)
            case "any":
                pieces.append(_ANY)
            case _ if "." in name:
                pieces.append(_method(part, name))
                if name == "Array.toLocaleString":
                    pieces.append(_TYPED)
            case _:
                pieces.append(f'  offer("{name}", () => load("{part}").{name});\n')
    if math:
        functions = "  host.math = { abs: Math.abs, sqrt: Math.sqrt };\n" + "".join(map(_function, math))
        late = f'  const {{ Math }} = globalThis;\n  offer("Math", () => {{\n{functions}  return Math;\n  }});\n'
        pieces.append(late if everything else functions)
    if counting:
        pieces.append(_COUNTERS.format(name=counting[0], counters=counting[1]))
    if any("offer(" in piece for piece in pieces):
        pieces.insert(1, _OFFER)
    return sources["base"].replace(_PLACE, "".join((*pieces, "  }\n")))


def _expression(source: str) -> str:
    """The function expression in a prelude file."""
    return source[source.index("(function") :].rstrip().removesuffix(";")


def _method(part: str, name: str) -> str:
    """Defines a method of a built-in at once, since code may inspect it; its implementation loads when it is called."""
    holder, _, own = name.partition(".")
    parameter = "that" if own == "localeCompare" else ""
    work = f'{own}({parameter}) {{ return apply(load("{part}")["{name}"], this, arguments); }}'
    return f'  put({holder}.prototype, "{own}", {{ {work} }}.{own});\n'


def _function(name: str) -> str:
    if special := {"pow": _POW, "atan2": _ATAN2, "hypot": _HYPOT}.get(name):
        return special
    work = f'{name}(x) {{ return ({name} ??= load("{MATH[name]}").{name})(+x); }}'
    return f"  let {name};\n  Math.{name} = {{ {work} }}.{name};\n"
