// Runs the test while code is typed: <div data-auto-run> with a checkbox [data-auto-run-switch], whose state is
// remembered in this browser, and a line [data-auto-run-state data-sent="…"] that says how it went.
//   A run begins half a second after the last key, if what it depends on has changed since the last run and its result
//     can be seen. It posts what Run test posts, and `typing`, so that the server runs it in the background.
//   One run is under way at a time. What is typed meanwhile is run when it has ended; an outdated result is not shown.
//   With data-run-once it also runs when the page opens, such as from an event that failed.
//   It never moves the focus. While the code fails, its last good result stays below the error, dimmed.
// Run test and Send go through htmx; after a click on them the focus moves to the result, unless the person typed on.
// Esc in the result goes back. After Ctrl/⌘+Enter in a field that is still shown, the focus stays there: what is typed
// next belongs to the field, and [data-auto-run-state] reads out how it went.
import { isTyping } from "./shortcuts.js";
import { bringToFront } from "./tabs.js";

const PAUSE_MS = 500;
const TIMEOUT_MS = 15_000;
const SWITCH = "run-while-typing";
const DEPENDS_ON = ["code", "payload", "event_type", "variables_key", "variables_value"];
const GOOD = ["sent", "cancelled"];

const runs = new WeakMap(); // form → its last input and the run under way

// Whether a run tells what is wrong with the code that was just typed.
export function covers(form) {
  const run = runs.get(form);
  return Boolean(run) && isOn(form) && (run.ran || inputOf(form) !== run.last);
}

export const showsResult = (form) => Boolean(resultOf(form)?.querySelector("[data-run-outcome]"));

// Runs once although nothing has changed: the page was loaded anew, and its result was seen before.
export function runNow(form) {
  const run = runs.get(form);
  if (run && isOn(form) && !run.controller) begin(form, run);
}

export function listen() {
  document.addEventListener("input", typed);
  document.addEventListener("change", changed);
  document.addEventListener("htmx:before:request", began);
  document.addEventListener("htmx:after:swap", swapped);
  document.addEventListener("htmx:finally:request", ended);
  document.addEventListener("keydown", goBack);
  document.addEventListener("focusout", released);
}

export function upgrade(root) {
  for (const bar of root.querySelectorAll("[data-auto-run]:not([data-ready])")) {
    bar.dataset.ready = "";
    bar.querySelector("[data-auto-run-switch]").checked = stored() !== "off";
    runs.set(bar.closest("form"), { last: inputOf(bar.closest("form")), timer: 0, wanted: false });
    if ("runOnce" in bar.dataset) runNow(bar.closest("form"));
  }
}

function typed(event) {
  const form = event.target.closest?.("form");
  const run = runs.get(form);
  if (!run || !DEPENDS_ON.includes(event.target.name)) return;
  run.typedOn = true;
  soon(form, run);
}

function changed(event) {
  const form = event.target.closest?.("form");
  const run = runs.get(form);
  if (!run) return;
  if (event.target.matches("[data-auto-run-switch]")) {
    store(event.target.checked ? "on" : "off");
    say(form, "");
    if (!event.target.checked) stop(run);
    else soon(form, run);
  } else if (DEPENDS_ON.includes(event.target.name)) soon(form, run);
}

function soon(form, run) {
  clearTimeout(run.timer);
  run.timer = setTimeout(() => maybe(form, run), PAUSE_MS);
}

function maybe(form, run) {
  run.wanted = false;
  if (!form.isConnected || !isOn(form) || inputOf(form) === run.last) return;
  if (run.controller || run.byHand) run.wanted = true;
  else begin(form, run);
}

async function begin(form, run) {
  const controller = new AbortController();
  run.controller = controller;
  run.last = inputOf(form);
  run.ran = true;
  mark(form, true);
  const outcome = await answer(form, controller).catch((error) => ({ state: stateOf(error) }));
  if (run.controller !== controller) return; // stopped, or Run test was pressed
  run.controller = null;
  mark(form, false);
  if (run.wanted) return maybe(form, run);
  if (outcome.page) show(form, run, outcome.page);
  else if (outcome.state) say(form, outcome.state);
}

async function answer(form, controller) {
  const button = form.querySelector("[data-run-test]");
  const body = new URLSearchParams(new FormData(form));
  body.set("typing", "on");
  const found = await fetch(button.getAttribute("hx-post"), {
    method: "POST",
    body,
    headers: { "HX-Request": "true", "HX-Request-Type": "partial", Accept: "text/html" },
    signal: AbortSignal.any([controller.signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (found.status === 401 || found.redirected || found.headers.has("HX-Redirect")) return { state: "signedOut" };
  if (found.status === 503) return { state: "busy" };
  if (!found.ok && found.status !== 422) return { state: "lost" };
  return { page: new DOMParser().parseFromString(await found.text(), "text/html").body };
}

const stateOf = (error) => (error.name === "TimeoutError" ? "busy" : error.name === "AbortError" ? "" : "lost");

function stop(run) {
  clearTimeout(run.timer);
  run.controller?.abort();
  run.controller = null;
  run.wanted = false;
  run.held = null;
}

// ---- The result

function show(form, run, page) {
  const result = resultOf(form);
  // Somebody reads it by keyboard: replacing it would lose their place.
  if (result.contains(document.activeElement) && document.activeElement !== result) {
    run.held = page;
    return;
  }
  const outcome = page.querySelector("[data-run-outcome]")?.dataset.runOutcome ?? "lost";
  const open = openParts(result);
  const top = result.scrollTop;
  const before = GOOD.includes(outcome) ? null : lastGood(form, result);
  result.dataset.by = "typing";
  result.dataset.outcome = outcome;
  result.replaceChildren(...page.childNodes, ...(before ? [before] : []));
  for (const part of result.querySelectorAll("details")) {
    if (open.has(titleOf(part))) part.open = open.get(titleOf(part));
  }
  result.scrollTop = top;
  htmx.process(result);
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
  announce(form, result);
}

function announce(form, result) {
  const outcome = result.querySelector("[data-run-outcome]")?.dataset.runOutcome;
  const line = result.querySelector("[data-editor-error]")?.dataset.line;
  say(form, outcome === "failed" && line ? "failedAt" : outcome, { line });
}

// What remains of the last good result: to be read, but not to be used.
function lastGood(form, result) {
  const kept = result.querySelector(":scope > .result-was");
  if (kept) return kept;
  const outcome = result.querySelector("[data-run-outcome]")?.dataset.runOutcome;
  if (!GOOD.includes(outcome)) return null;
  const was = document.createElement("div");
  was.className = "result-was";
  was.inert = true;
  was.append(
    form.querySelector("template[data-auto-run-before]").content.cloneNode(true),
    ...[...result.childNodes].map((each) => each.cloneNode(true)),
  );
  for (const each of was.querySelectorAll("#correction, .save-case, .actions, [data-run-outcome]")) each.remove();
  for (const each of was.querySelectorAll("[id], [name], [aria-labelledby]")) {
    for (const name of ["id", "name", "aria-labelledby"]) each.removeAttribute(name);
  }
  return was;
}

const titleOf = (part) => part.querySelector("summary")?.firstChild?.textContent.trim() ?? "";
const openParts = (result) => new Map([...result.querySelectorAll("details")].map((one) => [titleOf(one), one.open]));

function released(event) {
  const result = event.target.closest?.("#test-result");
  const run = result && runs.get(result.closest("form"));
  if (!run?.held || result.contains(event.relatedTarget)) return;
  const page = run.held;
  run.held = null;
  setTimeout(() => show(result.closest("form"), run, page));
}

// ---- Run test and Send

const sourceOf = (event) => event.detail?.ctx?.sourceElement;
const byHand = (event) => sourceOf(event)?.closest?.("[data-run-test], [data-send-test]");

function began(event) {
  const button = byHand(event);
  const run = button && runs.get(button.form);
  if (!run) return;
  stop(run);
  mark(button.form, false);
  run.last = inputOf(button.form);
  run.byHand = button;
  run.typedOn = false;
  run.from = document.activeElement;
  say(button.form, ""); // so that the same outcome as before is read out again
}

function swapped(event) {
  const button = byHand(event);
  const run = button && runs.get(button.form);
  const result = button && document.querySelector(button.getAttribute("hx-target"));
  if (!run || !result) return;
  delete result.dataset.by;
  if (isTyping(run.from) && run.from.checkVisibility()) return announce(button.form, result);
  if (run.typedOn) return; // the person writes on
  bringToFront(result);
  const heading = result.querySelector("h3[tabindex]");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: "nearest" });
}

function ended(event) {
  const button = byHand(event);
  const run = button && runs.get(button.form);
  if (!run) return;
  run.byHand = null;
  if (run.wanted) maybe(button.form, run);
}

function goBack(event) {
  const result = event.key === "Escape" && !event.defaultPrevented && event.target.closest?.("#test-result");
  const from = result && runs.get(result.closest("form"))?.from;
  if (!from?.isConnected || result.contains(from)) return;
  event.preventDefault();
  bringToFront(from);
  from.focus();
}

// ---- The form

const isOn = (form) => form.querySelector("[data-auto-run-switch]").checked && isShown(form);
const resultOf = (form) => form.querySelector("#test-result");
const isShown = (form) => resultOf(form)?.checkVisibility() ?? false;

function inputOf(form) {
  return JSON.stringify([...new FormData(form)].filter(([name]) => DEPENDS_ON.includes(name)));
}

function mark(form, running) {
  form.querySelector("[data-auto-run]").dataset.runState = running ? "running" : "";
  resultOf(form).toggleAttribute("aria-busy", running);
}

// The line is read out politely, so it changes only when the outcome does.
function say(form, name, values = {}) {
  const line = form.querySelector("[data-auto-run-state]");
  const words = (line.dataset[name] ?? "").replace("{line}", values.line ?? "");
  if (line.textContent !== words) line.textContent = words;
}

function stored() {
  try {
    return localStorage.getItem(SWITCH);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(SWITCH, value);
  } catch {
    // The choice holds until the page is left.
  }
}
