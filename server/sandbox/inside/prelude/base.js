// The first script of every world, so it is short: each byte is paid for by every event. What is costly waits in
// `sources` until code touches it. Everything used after the user's code has run is captured here, before it can be
// changed. The value is a function that Python keeps: `ask(what, …)`.
(function (sources, globals) {
  "use strict";
  const { parse, stringify } = JSON;
  const { apply } = Reflect;
  const { defineProperty, keys } = Object;
  const { isArray } = Array;
  const evaluate = eval;
  const wellFormed = "".toWellFormed;
  const text = String;
  const lines = { __proto__: null, all: "", room: 0 };
  const parts = { __proto__: null };
  let state = "";
  let body = "";

  // Flat, and without halves of surrogate pairs: neither survives the way to Python.
  const flat = (string) => apply(wellFormed, string, []);
  const quote = (value) => stringify(flat(text(value)));

  function load(name) {
    if (!(name in parts)) {
      if (typeof sources === "string") sources = parse(sources);
      parts[name] = evaluate(sources[name])({ say, load, flat });
    }
    return parts[name];
  }

  function offer(target, name, part) {
    const put = (value) => defineProperty(target, name, { value, writable: true, configurable: true });
    defineProperty(target, name, { configurable: true, get: () => (put(load(part)[name]), target[name]), set: put });
  }

  function say(level, line) {
    if (lines.room <= 0) return;
    if (line.length > lines.room) line = line.slice(0, lines.room) + " …";
    lines.room -= line.length + 1;
    lines.all += (lines.all && ",") + "[" + quote(level) + "," + quote(line) + "]";
  }

  function refuse(sentence) {
    state = '{"is":"bad result","message":' + quote(sentence) + "}";
  }

  function threw(error) {
    let name = "", message = "", stack = "";
    try {
      if (error instanceof Error) {
        name = text(error.name);
        message = text(error.message);
        stack = text(error.stack);
      } else {
        message = load("console").show(error);
      }
    } catch {
      message = message || "a value that cannot be shown";
    }
    state = '{"is":"threw","name":' + quote(name.slice(0, 200)) + ',"message":' + quote(message.slice(0, 8000)) +
      ',"stack":' + quote(stack.slice(0, 8000)) + "}";
  }

  // An object such as `new URL(…)` counts as the text it would be in JSON.
  const plain = (value) => (value !== null && typeof value === "object" ? parse(stringify(value) ?? "null") : value);

  function headersOf(value) {
    if (value === undefined || value === null) return "{}";
    if (typeof value !== "object" || isArray(value)) return refuse("webhook.headers must be an object of names and values.");
    const names = keys(value);
    let all = "";
    for (let i = 0; i < names.length; i++) {
      const header = value[names[i]];
      const kind = typeof header;
      if (kind !== "string" && kind !== "number" && kind !== "boolean") {
        return refuse(`The header ${names[i].slice(0, 100)} must be a string, a number or a boolean, not ${kindOf(header)}.`);
      }
      all += (all && ",") + quote(names[i]) + ":" + quote(header);
    }
    return "{" + all + "}";
  }

  const kindOf = (value) =>
    value === null ? "null" : isArray(value) ? "an array" : typeof value === "object" ? "an object"
      : typeof value === "undefined" ? "undefined" : "a " + typeof value;

  function judge(result, webhook) {
    if (result === null) return (state = '{"is":"cancelled"}');
    if (typeof result !== "object" || isArray(result)) {
      return refuse(`handler returned ${kindOf(result)}. End it with \`return webhook\`, or with \`return null\` to send nothing.`);
    }
    if (result.cancel === true) return (state = '{"is":"cancelled"}');
    const method = result.method === undefined ? webhook.method : plain(result.method);
    const url = result.url === undefined ? webhook.url : plain(result.url);
    if (typeof method !== "string") return refuse(`webhook.method must be a string, not ${kindOf(method)}.`);
    if (typeof url !== "string") return refuse(`webhook.url must be a string, not ${kindOf(url)}.`);
    const headers = headersOf(result.headers);
    if (headers === undefined) return;
    const payload = result.payload;
    const isText = typeof payload === "string";
    const written = isText ? payload : stringify(payload);
    if (written === undefined) {
      return refuse(`webhook.payload is ${kindOf(payload)}. Set it to what is to be sent, and \`return webhook\`.`);
    }
    if (written.length > lines.result) return refuse(lines.tooLarge);
    body = flat(written);
    state = flat('{"is":"returned","method":' + quote(method) + ',"url":' + quote(url) + ',"headers":' + headers +
      ',"text":' + isText + "}");
  }

  function finish(result, webhook) {
    try {
      judge(result, webhook);
    } catch (error) {
      threw(error);
    }
  }

  async function settle(promise, webhook) {
    try {
      promise = await promise;
    } catch (error) {
      return threw(error);
    }
    finish(promise, webhook);
  }

  function run(handler, event, payload) {
    const given = parse(event);
    try {
      const webhook = parse(event);
      webhook.payload = parse(payload);
      const result = handler(webhook);
      if (result !== null && typeof result === "object" && typeof result.then === "function") {
        settle(result, given);
      } else {
        finish(result, given);
      }
    } catch (error) {
      threw(error);
    }
    return state;
  }

  const names = keys(globals = parse(globals));
  for (let i = 0; i < names.length; i++) offer(globalThis, names[i], globals[names[i]]);

  return function ask(what, one, two, three) {
    if (what === "run") return run(one, two, three);
    if (what === "state") return state;
    if (what === "body") return body;
    if (what === "console") return flat("[" + lines.all + "]");
    if (what === "limits") {
      lines.room = one;
      lines.result = two;
      lines.tooLarge = three;
    }
  };
});
