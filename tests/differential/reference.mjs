// What Node makes of a transformation. Reads one job a line ({code, event, payload}), answers one line each.
// The shape of an answer is that of `answers.py`; every job gets a fresh context, as in the sandbox.
import { createInterface } from "node:readline";
import { formatWithOptions, types } from "node:util";
import vm from "node:vm";

const NAME = "transform.js";
const GIVEN = { URL, URLSearchParams, TextEncoder, TextDecoder, structuredClone, atob, btoa, crypto, DOMException };
const scripts = new Map();

function compiled(code) {
  if (!scripts.has(code)) scripts.set(code, new vm.Script(code, { filename: NAME }));
  return scripts.get(code);
}

// Of a stack that was printed, only what is the transformation's own: Node adds what called it.
const own = (text) => text.replace(/\n *\.\.\. \d+ lines matching cause stack trace \.\.\./g, "").replace(/\n *at (?!.*transform\.js:)[^\n]*?(?=(?: [{[])?$)/gm, "");

function consoleInto(lines) {
  const say = (level) => (...args) => void lines.push([level, own(formatWithOptions({ colors: false }, ...args))]);
  return { log: say("log"), info: say("info"), warn: say("warn"), error: say("error"), debug: say("debug") };
}

// The first place in the transformation itself: from the stack, or, when it did not compile, from the lines above it.
function placeOf(error) {
  const stack = String(error?.stack ?? "");
  const frame = /^ {4}at .*transform\.js:(\d+):(\d+)\)?$/m.exec(stack);
  if (frame) return [Number(frame[1]), Number(frame[2])];
  const [, line] = new RegExp(`^${NAME}:(\\d+)\n`).exec(stack) ?? [];
  if (!line) return [null, null];
  const marks = /^[ \t]*(?=\^+$)/m.exec(stack);  // none at the end of the code
  return [Number(line), marks ? marks[0].length + 1 : null];
}

function failure(error, kind) {
  const isError = types.isNativeError(error) || error instanceof DOMException;
  const message = isError ? `${error.name}: ${error.message}` : typeof error === "string" ? error : formatWithOptions({}, "%O", error);
  const [line, column] = placeOf(error);
  return { outcome: kind, message, line, column };
}

const SETTLED = Symbol("settled");

async function answer({ code, event, payload }) {
  const lines = [];
  const done = (fields) => ({ ...fields, console: lines });
  let script;
  try {
    script = compiled(code);
  } catch (error) {
    return done(failure(error, "syntax"));
  }
  const context = vm.createContext({ ...GIVEN, console: consoleInto(lines) });
  try {
    script.runInContext(context);
    const run = vm.runInContext("(event, payload) => handler({ ...JSON.parse(event), payload: JSON.parse(payload) })", context);
    const result = await Promise.race([run(event, payload), nextTurns()]);
    if (result === SETTLED) return done({ outcome: "bad result" });
    if (result === null) return done({ outcome: "cancelled" });
    if (typeof result !== "object" || Array.isArray(result)) return done({ outcome: "bad result" });
    if (result.cancel === true) return done({ outcome: "cancelled" });
    const given = JSON.parse(event);
    const { method = given.method, url = given.url, headers = {}, payload: made } = result;
    const body = typeof made === "string" ? made : JSON.stringify(made);
    if (body === undefined || typeof method !== "string") return done({ outcome: "bad result" });
    const names = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
    return done({ outcome: "returned", method, url: typeof url === "string" ? url : String(url), headers: names, body });
  } catch (error) {
    return done(failure(error, "threw"));
  }
}

// Digests of Node take turns of its loop; ours are microtasks. A promise that never settles is given up after a while.
const nextTurns = () => new Promise((resolve) => setTimeout(resolve, 500, SETTLED));

process.on("unhandledRejection", () => {});  // a rejected promise that nobody awaits is no failure of the transformation

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + "\n");
}
