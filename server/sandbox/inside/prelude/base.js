// The first script of every world, so it is short: every event pays for each line. What is seldom needed waits as text
// in `sources` until it is, or comes compiled when the code is known to need it. What is used after the user's code has run is captured here, before that code can change it.
// Python keeps the function that comes out, `ask(what, …)`.
(function (sources, data, globals, room, maxResult, entropy, code) {
  "use strict";
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  const { defineProperty, keys } = Object;
  const { isArray } = Array;
  const evaluate = eval;
  const wellFormed = "".toWellFormed;
  const text = String;
  const parts = { __proto__: null }, ready = { __proto__: null };
  delete globalThis.hookbench;
  let lines = "", state = "", body = "", missing = "", fetched = "";

  // Flat, and without halves of surrogate pairs: neither survives the way to Python.
  const flat = (string) => apply(wellFormed, string, []);
  const quote = (value) => stringify(flat(text(value)));
  const end = (fields) => void (state = flat("{" + fields + "}"));

  function load(name) {
    if (!(name in parts)) {
      if (name in ready) return (parts[name] = ready[name](host));
      if (typeof sources === "string") sources = parse(sources);
      if (name in sources) {
        fetched += name + " ";
        // Numbered after the user's last line, which tells the frames of a stack apart.
        return (parts[name] = evaluate("\n".repeat(lineCount(code)) + sources[name])(host));
      }
      if (typeof data === "string") data = parse(data);
      if (!(name in data)) throw new Error((missing = name));  // Python fetches it and runs the event again
      return data[name];
    }
    return parts[name];
  }

  const lineCount = (script) => script.split(/\r\n|[\n\r\u2028\u2029]/).length;

  function say(level, line) {
    if (room <= 0) return;
    if (line.length > room) line = line.slice(0, room);
    room -= line.length + 1;
    lines += (lines && ",") + "[" + quote(level) + "," + quote(line) + "]";
  }

  function threw(error) {
    load("trouble").threw(error);
  }

  const namesOf = (headers) =>
    headers && typeof headers === "object" && !isArray(headers) ? keys(headers) : load("trouble").notHeaders(headers);

  // What handler returned, as the fields of a request.
  function judge(result, given) {
    if (result === null) return end('"is":"cancelled"');
    if (typeof result !== "object" || isArray(result)) return load("trouble").notAWebhook(result);
    if (result.cancel === true) return end('"is":"cancelled"');
    let { method = given.method, url = given.url, headers = {}, payload } = result;
    if (typeof method !== "string") method = load("trouble").plain("method", method);
    if (typeof url !== "string") url = load("trouble").plain("url", url);
    const names = namesOf(headers);
    let pairs = "";
    for (let i = 0; i < names.length && !state && pairs.length <= maxResult; i++) {
      let value = headers[names[i]];
      if (typeof value !== "string") value = load("trouble").header(names[i], value);
      pairs += (pairs && ",") + quote(names[i]) + ":" + quote(value);
    }
    const isText = typeof payload === "string";
    body = isText ? payload : stringify(payload);
    if (state) return;
    if (pairs.length + method.length + url.length > maxResult) return load("trouble").tooLarge();
    if (body === undefined || body.length > maxResult) return load("trouble").notABody(payload, body);
    body = flat(body);
    end('"is":"returned","method":' + quote(method) + ',"url":' + quote(url) + ',"headers":{' + pairs + '},"text":' + isText);
  }

  async function settle(promise, given) {
    try {
      judge(await promise, given);
    } catch (error) {
      threw(error);
    }
  }

  function run(handler, event, payload) {
    try {
      const webhook = parse(event);
      webhook.payload = parse(payload);
      const given = parse(event);
      host.given.webhook = webhook;
      const result = handler(webhook);
      if (result && typeof result === "object" && typeof result.then === "function") settle(result, given);
      else judge(result, given);
    } catch (error) {
      threw(error);
    }
    return state;
  }

  const host = { __proto__: null, load, say, end, quote, text, isArray, parse, stringify, entropy, maxResult, code, given: {} };

  // The engine calls this whenever an error is made; then, and only then, it gets V8's words and place.
  Error.prepareStackTrace = (error, sites) => {
    try {
      return missing ? "" : load("errors").described(error, sites);
    } catch {
      return "";
    }
  };
  const json = {
    parse(text, reviver) {
      try {
        return parse(text, reviver);
      } catch (error) {
        throw load("json").ofParse(error, text);
      }
    },
    stringify(value, replacer, space) {
      try {
        return stringify(value, replacer, space);
      } catch (error) {
        throw load("json").ofStringify(error, value);
      }
    },
  };
  for (const name of ["parse", "stringify"]) defineProperty(JSON, name, { value: json[name], writable: true, configurable: true });
  const offer = (name, part) => {
    const [holder, method] = name.split(".");
    const target = method ? globalThis[holder].prototype : globalThis;
    const key = method ?? name;
    const set = (value) => defineProperty(target, key, { value, writable: true, configurable: true });
    defineProperty(target, key, { get: () => (set(load(part)[name]), target[key]), set, configurable: true });
  };
  globals = parse(globals);
  for (const part of keys(globals)) for (const name of globals[part]) offer(name, part);

  return (what, one, two, three) =>
    what === "run" ? run(one, two, three) : what === "state" ? state : what === "body" ? body : what === "missing" ? missing
    : what === "fetched" ? fetched : what === "part" ? void (ready[one] = two, delete globalThis.hookbench) : lines && flat("[" + lines + "]");
});
