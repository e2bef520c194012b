// The first script of every world, so it is short: every event pays for each line. What is seldom needed comes when it
// is: `fetch` has Python lay it into the box. What is used after the user's code has run is captured here, before that
// code can change it.
(function (fetch, room, maxResult) {
  "use strict";
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  const { defineProperty, keys } = Object;
  const { isArray, prototype: arrays } = Array;
  const { toWellFormed } = "";
  const OutOfMemory = InternalError;
  const text = String;
  const parts = { __proto__: null };
  let lines = "", state = "", body = "", missing = "", settled = null;

  // Flat, and without halves of surrogate pairs: neither survives the way to Python.
  const flat = (string) => apply(toWellFormed, string, []);
  const quote = (value) => stringify(flat(text(value)));
  const end = (fields) => void (state = fields);

  function load(name) {
    if (name in parts) return parts[name];
    box.name = name;
    const found = fetch(0);
    if (found < 0) throw new OutOfMemory("out of memory");
    if (!found) throw new Error(missing = name); // the server knows it, and runs the event again
    const part = box.part;
    return (parts[name] = typeof part === "function" ? part(host) : part);
  }

  function say(level, line) {
    if (room <= 0) return;
    if (line.length > room) line = line.slice(0, room);
    room -= line.length + 1;
    lines += (lines && ",") + "[" + quote(level) + "," + quote(line) + "]";
  }

  // What handler returned, as the fields of a request.
  function judge(result, usualUrl, usualMethod) {
    if (result === null) return end('"is":"cancelled"');
    if (typeof result !== "object" || isArray(result)) return load("trouble").notAWebhook(result);
    if (result.cancel === true) return end('"is":"cancelled"');
    let { method = usualMethod, url = usualUrl, headers = {}, payload } = result;
    if (typeof method !== "string") method = load("trouble").plain("method", method);
    if (typeof url !== "string") url = load("trouble").plain("url", url);
    const list = headers && typeof headers === "object" && !isArray(headers)
      ? keys(headers)
      : load("trouble").notHeaders(headers);
    let pairs = "";
    for (let i = 0; i < list.length && !state && pairs.length <= maxResult; i++) {
      let value = headers[list[i]];
      if (typeof value !== "string") value = load("trouble").header(list[i], value);
      else if (host.digits) host.digits.look(value, "headers", list[i]);
      pairs += (pairs && ",") + quote(list[i]) + ":" + quote(value);
    }
    const isText = typeof payload === "string";
    if (host.digits) host.digits.look(url, "url");
    let made = payload;
    try {
      if (!isText) made = host.digits ? host.digits.json(payload) : stringify(payload);
    } catch (error) {
      return load("trouble").notJson(error, payload);
    }
    if (isText && host.digits) host.digits.look(payload, "payload");
    if (state) return;
    if (pairs.length + method.length + url.length > maxResult) return load("trouble").tooLarge();
    if (made === undefined || made.length > maxResult) return load("trouble").notABody(payload, made);
    body = made;
    end(
      '"is":"returned","method":' + quote(method) + ',"url":' + quote(url) + ',"headers":{' + pairs + '},"text":' +
        isText,
    );
  }

  async function settle(promise, url, method) {
    try {
      settled = [await promise, url, method];
    } catch (error) {
      load("trouble").threw(error);
    }
  }

  // After the last job: what handler returned is read only now, as work that it did not wait for may have changed it.
  function conclude() {
    if (!settled) return load("trouble").neverSettles();
    try {
      judge(settled[0], settled[1], settled[2]);
    } catch (error) {
      load("trouble").threw(error);
    }
  }

  // `mayWait`: jobs may be left when handler returns, so the result is not read yet.
  function run(event, payload, mayWait) {
    try {
      if (typeof handler !== "function") return load("trouble").noHandler();
      const webhook = (given.webhook = parse(event));
      webhook.payload = parse(payload);
      // Not enumerable, so that code which copies or lists the webhook's properties gets what it always got.
      defineProperty(webhook, "id", { __proto__: null, enumerable: false });
      defineProperty(webhook, "timestamp", { __proto__: null, enumerable: false });
      if (host.digits) host.digits.came(webhook.payload, payload);
      const { url, method } = webhook;
      const result = handler(webhook);
      if (result && (typeof result === "object" || typeof result === "function") && typeof result.then === "function") {
        settle(result, url, method);
      } else if (mayWait) settled = [result, url, method];
      else judge(result, url, method);
    } catch (error) {
      load("trouble").threw(error);
    }
  }

  // The head of the reply but for its last bracket, and the body on a line of its own; empty while a promise is open.
  const reply = () => state && flat("{" + state + ',"console":[' + lines + "]\n" + body);

  const given = { __proto__: null, webhook: undefined };
  const host = {
    __proto__: null,
    load,
    say,
    end,
    quote,
    text,
    isArray,
    parse,
    stringify,
    maxResult,
    given,
    digits: null,
    isProbing: false,
  };

  // The engine calls this whenever an error is made; then, and only then, it gets V8's words and place.
  Error.stackTraceLimit = 30; // of these some are ours; `errors` shows ten at most, as V8
  Error.prepareStackTrace = (error, sites) => {
    try {
      return missing || host.isProbing || 0 in arrays ? "" : load("errors").described(error, sites); // ours must not meet setters of theirs
    } catch {
      return "";
    }
  };

  const box = {
    __proto__: null,
    name: "",
    part: undefined,
    ask(what, event, payload) {
      if (what === 0 || what === 3) run(event, payload, what === 3);
      if (what === 5) host.digits = load("digits").begin(parse(event));
      if (what === 7) load("fixed").begin(parse(event));
      if (what === 6) return flat(stringify(host.digits.notes));
      if (what === 4) return flat("{" + load("trouble").described(event) + "}");
      if (what === 1 && !state && !missing) conclude();
      if (missing) return flat('{"is":"needs","part":' + quote(missing) + "\n");
      return what === 2 ? flat("[" + lines + "]") : reply();
    },
  };
  // Here `offers.py` puts the globals that the code may touch.
  return box;
});
