// What went wrong, in a sentence. Only what `host` captured before the user's code is used on the way out.
(function (host) {
  "use strict";
  const { load, end, quote, text, isArray, parse, stringify, maxResult } = host;

  // The keys are those of server/domain/reasons.py, which has the sentences.
  const pair = (name, value) => quote(name) + ":" + quote(value);
  const because = (key, values = "") => '"reason":' + quote(key) + ',"values":{' + values + "}";
  const refuse = (key, values) => end('"is":"bad result",' + because(key, values));

  function kindOf(value) {
    if (value === null) return "null";
    return isArray(value) ? "array" : typeof value;
  }

  function noHandler() {
    end(
      '"is":"no handler",' +
        because("handler_missing", pair("code", "function handler(webhook) { … return webhook; }")),
    );
  }

  function neverSettles() {
    refuse("handler_never_settles");
  }

  function notAWebhook(result) {
    refuse("handler_returned", pair("kind", kindOf(result)));
  }

  // An object such as `new URL(…)` counts as the text that it would be in JSON.
  function plain(name, value) {
    const read = value !== null && typeof value === "object" ? parse(stringify(value) ?? "null") : value;
    if (typeof read !== "string") refuse("result_not_text", pair("name", name) + "," + pair("kind", kindOf(value)));
    return read;
  }

  function notHeaders(headers) {
    if (headers !== null) refuse("result_headers", pair("kind", kindOf(headers)));
    return [];
  }

  function header(name, value) {
    const kind = typeof value;
    if (kind !== "number" && kind !== "boolean") {
      refuse("result_header_value", pair("name", name) + "," + pair("kind", kindOf(value)));
      return "";
    }
    return kind === "number" && host.digits ? host.digits.header(value) : value;
  }

  // A BigInt or a circle in the payload: V8's words, and where it is.
  function notJson(error, payload) {
    const words = [
      "circular reference",
      "Do not know how to serialize a BigInt",
      "BigInt are forbidden in JSON.stringify",
    ];
    if (!(error instanceof TypeError) || !words.includes(error.message)) return threw(error);
    const json = load("json");
    json.ofStringify(error, payload);
    if (!error.message.startsWith("Converting")) error.message = words[1];
    const place = json.ofPayload(payload);
    if (place) error.message += (error.message.includes("\n") ? "\n" : ". ") + place;
    error.stack = "";
    threw(error);
  }

  function notABody(payload, body) {
    if (body !== undefined) return tooLarge();
    refuse("result_payload", pair("kind", kindOf(payload)));
  }

  function tooLarge() {
    refuse("result_too_large", pair("limit", text(maxResult / 1024)));
  }

  const threw = (error) => end('"is":"threw",' + described(error));

  // Name, message and stack of what was thrown, as fields.
  function described(error) {
    let name = "", message = "", stack = "";
    try {
      if (error instanceof Error) {
        name = text(error.name);
        message = text(error.message);
        stack = text(error.stack);
      } else {
        message = typeof error === "string" ? error : load("console").show(error);
      }
    } catch {
      message ||= "a value that cannot be shown";
    }
    const shown = (value, length) => quote(value.length > length ? value.slice(0, length) : value);
    return '"name":' + shown(name, 200) + ',"message":' + shown(message, 8000) + ',"stack":' + shown(stack, 8000);
  }

  return {
    described,
    noHandler,
    neverSettles,
    notJson,
    notAWebhook,
    plain,
    notHeaders,
    header,
    notABody,
    tooLarge,
    threw,
  };
});
