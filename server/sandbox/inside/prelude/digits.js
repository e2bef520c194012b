// Gives numbers of the payload that code passes on the digits back with which they came. Loaded before the code, and
// only for a payload that has a number which JavaScript writes otherwise; `inside/digits.py` says which.
//  A number is known by the object and the property that it came in. Where that is another one, as in a copy, its
// value tells, if the payload writes that value in one way only. What stays open is a note, with the path.
(function (host) {
  "use strict";
  const { stringify, text, isArray } = host;
  const { rawJSON } = JSON;
  const { apply } = Reflect;
  const { is, defineProperty, getOwnPropertyDescriptor } = Object;
  const { isInteger } = Number;
  const { abs } = Math;
  const { includes, slice } = "";
  const { exec } = RegExp.prototype, DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;
  const Table = Map;
  const { get, set, has } = Map.prototype;
  const at = (map, key) => apply(get, map, [key]);
  const put = (map, key, value) => (apply(set, map, [key, value]), value);
  const knows = (map, key) => apply(has, map, [key]);
  const keyOf = (value) => (is(value, -0) ? "-0" : value);
  const FEW = 1000; // whole numbers below it may as well be counted or computed

  const numbers = new Table(), homes = new Table(), names = new Table(), written = new Table();
  const notes = [], inText = [];
  let from = null;

  const note = (kind, path, before, after) => {
    if (notes.length < 20) notes[notes.length] = { kind, path, before, after };
  };

  function begin(rows) {
    from = rows;
    for (let i = 0; i < rows.numbers.length; i++) {
      const path = rows.numbers[i][0], key = path.length ? path[path.length - 1] : "";
      learn(typeof key === "number" ? LIST : key, rows.numbers[i][1]);
    }
    for (let i = 0; i < rows.names.length; i++) put(names, rows.names[i], "");
    const { parse: read, stringify: write } = JSON;
    const ours = {
      parse(text, reviver) {
        return read(text, typeof reviver === "function" ? reviver : remembered);
      },
      stringify(value, replacer, space) {
        const isList = replacer !== undefined && replacer !== null && typeof replacer !== "function";
        return write(value, isList ? replacer : given(replacer), space);
      },
    };
    defineProperty(JSON, "parse", { value: ours.parse, writable: true, configurable: true });
    defineProperty(JSON, "stringify", { value: ours.stringify, writable: true, configurable: true });
    return { came, copied, json, header, look, notes };
  }

  const LIST = "[]"; // stands for the key of whatever is in a list

  function learn(key, literal) {
    const value = +literal;
    const known = at(numbers, keyOf(value)) ??
      put(numbers, keyOf(value), { literals: [], loses: false, keys: new Table() });
    known.loses ||= !isSame(literal, text(value));
    add(known.literals, literal);
    add(at(known.keys, key) ?? put(known.keys, key, []), literal);
    return known;
  }

  // What JSON.parse made is remembered as the payload is: also what stood in a text of the payload.
  function remembered(key, item, context) {
    if (typeof item === "number") {
      const literal = context.source;
      if (literal !== text(item) || knows(numbers, keyOf(item))) {
        learn(isArray(this) ? LIST : key, literal);
        put(at(homes, this) ?? put(homes, this, new Table()), key, literal);
      }
    }
    return item;
  }

  // structuredClone made an object like another.
  function copied(value, made) {
    const home = at(homes, value);
    if (home) put(homes, made, home);
  }

  // Whether two decimals are the same number.
  function isSame(one, other) {
    if (one === other) return true;
    const a = plain(one), b = plain(other);
    return a.digits === b.digits && a.exponent === b.exponent && a.minus === b.minus;
  }

  function plain(decimal) {
    const found = apply(exec, DECIMAL, [decimal]);
    if (!found) return { digits: decimal, exponent: 0, minus: "" };
    const fraction = found[3] ?? "";
    let digits = found[2] + fraction, start = 0, end = digits.length, exponent = +(found[4] ?? 0) - fraction.length;
    while (start < end && digits[start] === "0") start++;
    while (end > start && digits[end - 1] === "0") end--, exponent++;
    digits = apply(slice, digits, [start, end]);
    return digits ? { digits, exponent, minus: found[1] } : { digits, exponent: 0, minus: "" };
  }

  function add(list, literal) {
    for (let i = 0; i < list.length; i++) if (list[i] === literal) return;
    list[list.length] = literal;
  }

  // The payload is there: remember which object each number came in.
  function came(payload, source) {
    const root = { "": payload };
    for (let i = 0; i < from.numbers.length; i++) {
      const path = from.numbers[i][0], literal = from.numbers[i][1];
      let holder = root, key = "";
      for (let k = 0; k < path.length && holder !== undefined; k++) {
        const inner = getOwnPropertyDescriptor(holder, key)?.value;
        holder = inner !== null && typeof inner === "object" ? inner : undefined;
        key = path[k];
      }
      if (holder === undefined) continue;
      put(at(homes, holder) ?? put(homes, holder, new Table()), text(key), literal);
      const known = at(numbers, keyOf(+literal)), shown = text(+literal);
      if (knows(names, key)) put(names, key, literal);
      if (known.loses && literal !== shown && inText.length < 20 && !apply(includes, source, [shown])) {
        inText[inText.length] = [shown, literal];
      }
    }
  }

  // The literal of a number; undefined when it is none of the payload's, null when it may be one of several.
  function literalOf(holder, key, value) {
    const known = at(numbers, keyOf(value));
    if (!known) return undefined;
    const home = at(homes, holder), here = home && at(home, key);
    if (here !== undefined && is(+here, value)) return here;
    const same = at(known.keys, isArray(holder) ? LIST : key);
    if (known.literals.length === 1) {
      if (known.loses || !isInteger(value) || abs(value) >= FEW || is(value, -0)) return known.literals[0];
      if (same) return known.literals[0];
    }
    if (same?.length === 1) return same[0];
    if (known.loses) return null;
    for (let i = 0; i < known.literals.length; i++) if (known.literals[i] === text(value)) return undefined;
    return isInCode(text(value)) ? undefined : null;
  }

  // A number that the code writes out is not the payload's.
  const isInCode = (shown) => apply(includes, from.code, [shown]);

  const given = (replacer) =>
    function (key, item) {
      if (replacer) item = apply(replacer, this, [key, item]);
      if (typeof item !== "number") return item;
      const literal = literalOf(this, key, item);
      return literal ? rawJSON(literal) : item;
    };

  // The body, with notes about what could not be kept.
  function json(payload) {
    const parents = new Table(), computed = [];
    const made = stringify(payload, function (key, item) {
      if (typeof item === "number") {
        const literal = literalOf(this, key, item);
        if (literal) return put(written, literal, true), rawJSON(literal);
        if (literal === null) {
          note(
            "number changed",
            pathOf(parents, this, key),
            either(at(numbers, keyOf(item)).literals),
            stringify(item),
          );
        } else if (literal === undefined && !isArray(this) && at(names, key)) {
          computed[computed.length] = [this, key, item];
        }
      } else if (typeof item === "string") {
        if (inText.length) lookAt(item, () => pathOf(parents, this, key));
      } else if (item !== null && typeof item === "object" && !knows(parents, item)) put(parents, item, [this, key]);
      return item;
    });
    for (let i = 0; i < computed.length; i++) {
      const holder = computed[i][0], key = computed[i][1], item = computed[i][2], literal = at(names, key);
      if (!knows(written, literal)) note("number computed", pathOf(parents, holder, key), literal, stringify(item));
    }
    return made;
  }

  const either = (literals) => {
    let all = literals[0];
    for (let i = 1; i < literals.length && i < 5; i++) all += " / " + literals[i];
    return all;
  };

  function pathOf(parents, holder, key) {
    let path = "";
    for (let up; (up = at(parents, holder)); key = up[1], holder = up[0]) path = step(holder, key) + path;
    return "webhook.payload" + path;
  }

  function step(holder, key) {
    if (isArray(holder)) return "[" + key + "]";
    for (let i = 0; i < key.length; i++) {
      if (!apply(includes, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789", [key[i]])) {
        return "[" + stringify(key) + "]";
      }
    }
    return key && !(key[0] >= "0" && key[0] <= "9") ? "." + key : "[" + stringify(key) + "]";
  }

  // A number that became part of a text has lost its digits for good.
  function lookAt(string, path) {
    for (let i = 0; i < inText.length; i++) {
      if (apply(includes, string, [inText[i][0]])) return note("number in text", path(), inText[i][1], inText[i][0]);
    }
  }

  const look = (string, part, name) =>
    lookAt(string, () => "webhook." + part + (name === undefined ? "" : "[" + stringify(name) + "]"));

  // The value of a header that is a number.
  function header(value) {
    const known = at(numbers, keyOf(value));
    return known?.loses && known.literals.length === 1 ? known.literals[0] : text(value);
  }

  return { begin };
});
