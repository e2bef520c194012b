// What went wrong, in a sentence. Only what `host` captured before the user's code is used on the way out.
(function (host) {
  "use strict";
  const { load, end, quote, text, isArray, parse, stringify, maxResult } = host;

  const refuse = (sentence) => end('"is":"bad result","message":' + quote(sentence));

  function kindOf(value) {
    if (value === null || value === undefined) return text(value);
    if (isArray(value)) return "an array";
    return (typeof value === "object" ? "an " : "a ") + (typeof value === "bigint" ? "BigInt" : typeof value);
  }

  function noHandler() {
    end('"is":"no handler","message":' + quote("The code declares no function named handler. Write: function handler(webhook) { … return webhook; }"));
  }

  function neverSettles() {
    refuse("handler returned a promise that never settles. There are no timers and no network to wait for.");
  }

  function notAWebhook(result) {
    refuse(`handler returned ${kindOf(result)}. End it with \`return webhook\`, or with \`return null\` to send nothing.`);
  }

  // An object such as `new URL(…)` counts as the text that it would be in JSON.
  function plain(name, value) {
    const read = value !== null && typeof value === "object" ? parse(stringify(value) ?? "null") : value;
    if (typeof read !== "string") refuse(`webhook.${name} must be a string, not ${kindOf(value)}.`);
    return read;
  }

  function notHeaders(headers) {
    if (headers !== null) refuse(`webhook.headers must be an object of names and values, not ${kindOf(headers)}.`);
    return [];
  }

  function header(name, value) {
    const kind = typeof value;
    if (kind !== "number" && kind !== "boolean") {
      refuse(`The header ${name} must be a string, a number or a boolean, not ${kindOf(value)}.`);
      return "";
    }
    return kind === "number" && host.digits ? host.digits.header(value) : value;
  }

  // A BigInt or a circle in the payload: V8's words, and where it is.
  function notJson(error, payload) {
    const words = ["circular reference", "Do not know how to serialize a BigInt", "BigInt are forbidden in JSON.stringify"];
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
    refuse(`webhook.payload is ${kindOf(payload)}. Set it to what is to be sent, and \`return webhook\`.`);
  }

  function tooLarge() {
    refuse(`The result is larger than ${maxResult / 1024} KiB. Send less.`);
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

  return { described, noHandler, neverSettles, notJson, notAWebhook, plain, notHeaders, header, notABody, tooLarge, threw };
});
