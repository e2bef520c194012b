// <form data-keep="endpoint:ep_1:code">: keeps unsaved input in this browser and offers it again after a reload, a
// crash, a restart of the server or an expired session. One entry for each form and person (`data-keep-for`: their id).
//   Plain text is in localStorage, so that it survives the tab. Secrets (password boxes, inputs with data-secret) are
//     in sessionStorage, which ends with the tab. Signing out deletes both in all tabs (see sign-out.js).
//   data-keep-group="new:src_1:"  how the data-keep of related forms begins, such as those of a new endpoint's cards.
//     Saving one of them ends what this tab keeps of the others
//   data-keep-merged  the server merged what was typed with what somebody else saved: that is now what this tab keeps
//   data-keep-carried  the server filled the form with what was typed into a related one (a change of card). Code and
//     credentials that this tab keeps for it are added where the other form had none
// When kept input exists, an opened form shows <template data-keep-notice="offer">. If the page was left while saving,
// the form restores the input at once ("resumed").
import { replace } from "./editors.js";
import { isOver, PREFIX } from "./sign-out.js";

const PAUSE_MS = 250;
const TIMEOUT_MS = 10_000;
const MAX_AGE_MS = 14 * 24 * 60 * 60 * 1000;
const MAX_KEPT_CHARACTERS = 1_500_000; // browsers allow about 5 million characters for each site
// Fields of a new endpoint that belong to one card; a change of card takes everything else along.
const OF_THE_CARD = /^(code$|credentials\.)/;

const saved = new Map(); // key → the form's state on the server
const timers = new Map();
const offered = new WeakMap(); // form → the kept input that its notice offers
const typedInto = new WeakSet(); // forms with input that is still to be noted
let leaving = false;

export function listen() {
  document.addEventListener("input", (event) => noteSoon(event.target));
  document.addEventListener("change", (event) => noteSoon(event.target));
  document.addEventListener("click", clicked);
  document.addEventListener("submit", (event) => event.target.getAttribute("action") === "/logout" && (leaving = true));
  window.addEventListener("pagehide", noteAll);
  document.addEventListener("visibilitychange", () => document.hidden && noteAll());
}

// Records the initial state as soon as this module has loaded, so that typing before the editors load counts as a
// change. `typed`: the fields that a person has changed already; their initial state is what the server sent.
export function begin(root, typed = new Set()) {
  for (const form of root.querySelectorAll("form[data-keep]")) {
    // A refused form shows the input, not the server's state: that is what the first page showed.
    const names = new Set([...typed].filter((field) => field.form === form).map((field) => field.name));
    if (!saved.has(keyOf(form))) saved.set(keyOf(form), state(form, names));
    if (names.size) typedInto.add(form);
  }
}

export function upgrade(root) {
  for (const form of root.querySelectorAll("form[data-keep]:not([data-keep-ready])")) {
    form.dataset.keepReady = "";
    open(form);
    if (typedInto.delete(form)) note(form);
  }
}

// The form was saved, so its kept input is obsolete.
export function forget(form) {
  const key = keyOf(form);
  clearTimeout(timers.get(key));
  timers.delete(key);
  saved.set(key, state(form));
  remove(key);
  forgetRelated(form);
}

// What was put into the form is no input to keep, such as the event that a saved draft was tested with.
export function accept(form) {
  clearTimeout(timers.get(keyOf(form)));
  saved.set(keyOf(form), state(form));
}

// Records the state of the forms on a page that was not opened, so that what differs from it counts as typed.
export async function learn(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.ok) begin(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

// The next page with this form restores the input without asking.
export function resume(form) {
  note(form);
  const kept = read(keyOf(form));
  if (kept) write(keyOf(form), { ...kept, resume: true });
}

export function noteAll() {
  for (const form of document.querySelectorAll("form[data-keep-ready]")) note(form);
}

export const isChanged = (form) => saved.has(keyOf(form)) && !same(saved.get(keyOf(form)), state(form));

export function showNotice(form, name, values = {}) {
  const notice = document.querySelector(`template[data-keep-notice="${name}"]`)?.content.firstElementChild.cloneNode(
    true,
  );
  if (!notice) return null;
  form.querySelector(":scope > [data-kept]")?.remove();
  notice.dataset.kept = name;
  // The sentence is translated already, with {names} as placeholders for values.
  for (const place of notice.querySelectorAll("[data-filled]")) {
    place.textContent = place.textContent.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }
  form.prepend(notice);
  return notice;
}

function open(form) {
  const key = keyOf(form);
  const kept = read(key);
  if (form.hasAttribute("data-keep-merged")) {
    note(form);
  } else if (kept && !same(kept.state, state(form))) {
    if (form.hasAttribute("data-keep-carried") && kept.resume) {
      addTo(form, kept);
      note(form);
    } else if (kept.resume) {
      putBack(form, kept);
      showNotice(form, "resumed");
    } else {
      const time = new Date(kept.at).toLocaleString(document.documentElement.lang, {
        dateStyle: "medium",
        timeStyle: "short",
      });
      showNotice(form, "offer", { time });
      offered.set(form, kept); // typing replaces what is stored
    }
  } else if (kept) {
    write(key, { ...kept, resume: false });
  } else if (form.hasAttribute("data-keep-carried")) {
    note(form);
  }
}

function clicked(event) {
  const button = event.target.closest("[data-keep-do]");
  const form = button?.closest("form[data-keep]");
  if (button && form) return act(form, button.dataset.keepDo);
  const dropped = event.target.closest("a[data-keep-drop]")?.closest("form[data-keep]");
  if (dropped) forget(dropped);
}

function act(form, what) {
  const key = keyOf(form);
  if (what === "restore") {
    const kept = offered.get(form) ?? read(key);
    if (kept) putBack(form, kept);
    showNotice(form, "resumed");
  } else if (what === "discard") {
    const before = saved.get(key);
    clearTimeout(timers.get(key));
    remove(key);
    if (before) fill(form, before);
    remove(key);
    form.querySelector(":scope > [data-kept]")?.remove();
  }
  form.querySelector("input:not([type=hidden]), textarea:not([hidden]), .cm-content")?.focus({ preventScroll: true });
}

function putBack(form, kept) {
  fill(form, kept.state);
  const { seen, base } = form.elements;
  // The stamp of the form when the person began: the server compares it with the current one.
  if (seen && kept.seen) seen.value = kept.seen;
  // What the code was changed from: the server merges two people's changes by it.
  if (base && kept.base) base.value = kept.base;
  write(keyOf(form), { ...kept, resume: false });
}

// ---- Recording input

function noteSoon(target) {
  leaving = false;
  const form = target.closest?.("form[data-keep-ready]");
  if (!form) return;
  const key = keyOf(form);
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => note(form), PAUSE_MS));
}

function note(form) {
  const key = keyOf(form);
  if (!saved.has(key) || leaving) return;
  clearTimeout(timers.get(key));
  timers.delete(key);
  const now = state(form);
  if (same(now, saved.get(key))) {
    // Unchanged: leave what another tab keeps, and an offer that nobody has accepted or discarded yet.
    if (!form.querySelector(':scope > [data-kept="offer"]') && read(key)?.tab === TAB) remove(key);
    return;
  }
  if (JSON.stringify(now).length > MAX_KEPT_CHARACTERS) return;
  write(key, {
    at: Date.now(),
    seen: form.elements.seen?.value,
    base: form.elements.base?.value,
    tab: TAB,
    state: now,
    resume: read(key)?.resume ?? false,
  });
}

const TAB = (() => {
  const own = sessionStorage.getItem("tab") ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
  sessionStorage.setItem("tab", own);
  return own;
})();

// ---- Related forms: those of other cards

// Adds what is kept for this card where the form still has the card's own text.
function addTo(form, kept) {
  const now = state(form);
  const before = saved.get(keyOf(form)) ?? now;
  const untouched = (part) =>
    Object.fromEntries(
      Object.entries(kept.state[part]).filter(([name]) =>
        OF_THE_CARD.test(name) && same(now[part][name], before[part][name])
      ),
    );
  fill(form, { checks: {}, rows: {}, fields: untouched("fields"), secretFields: untouched("secretFields") });
}

function forgetRelated(form) {
  if (!form.dataset.keepGroup) return;
  const start = `${PREFIX}${form.dataset.keepFor}:${form.dataset.keepGroup}`;
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(start) && load(localStorage, key)?.tab === TAB) remove(key);
  }
}

// ---- A form as plain values: texts by name, checkboxes by name and value, rows of pairs by the id of their fieldset

// `asServed`: the names of fields whose state is what the server sent, whatever is in them now.
function state(form, asServed = new Set()) {
  const valueOf = (field) => asServed.has(field.name) ? servedValue(field) : field.value;
  const found = { fields: {}, checks: {}, rows: {}, secretFields: {}, secretRows: {} };
  for (const rows of form.querySelectorAll("fieldset[data-rows]")) {
    const all = [...rows.querySelectorAll("[data-row]")].map((row) => [...row.querySelectorAll("input, select")]);
    const filled = all.filter((row) => row.some((input) => input.matches("input") && valueOf(input)));
    found.rows[rows.id] = filled.map((row) => row.map((input) => (isSecret(input) ? "" : valueOf(input))));
    const secrets = filled.map((row) => row.map((input) => (isSecret(input) ? valueOf(input) : "")));
    if (secrets.flat().some(Boolean)) found.secretRows[rows.id] = secrets;
  }
  for (const field of form.elements) {
    if (!field.name || field.closest("[data-rows]") || field.matches(NOT_KEPT)) continue;
    if (field.matches("[type=checkbox], [type=radio]")) {
      found.checks[`${field.name}=${field.value}`] = asServed.has(field.name) ? field.defaultChecked : field.checked;
    } else if (isSecret(field)) found.secretFields[field.name] = valueOf(field);
    else found.fields[field.name] = valueOf(field);
  }
  return found;
}

function servedValue(field) {
  if (!field.matches("select")) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
}

// Nothing that a person typed, and what only asks for a test or a case of it.
const NOT_KEPT = "button, fieldset, output, [type=hidden], [type=file], [readonly], [name=message], [name=mask]";
const isSecret = (field) => field.matches("[type=password], [data-secret]");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function fill(form, from) {
  for (const [id, rows] of Object.entries(from.rows)) {
    const fieldset = form.querySelector(`#${CSS.escape(id)}`);
    if (fieldset) fillRows(fieldset, rows, from.secretRows?.[id] ?? []);
  }
  const touched = [];
  for (const field of form.elements) {
    if (!field.name || field.closest("[data-rows]") || field.matches(NOT_KEPT)) continue;
    if (field.matches("[type=checkbox], [type=radio]")) {
      const checked = from.checks[`${field.name}=${field.value}`];
      if (checked !== undefined && checked !== field.checked) (field.checked = checked), touched.push(field);
      continue;
    }
    const value = (isSecret(field) ? from.secretFields : from.fields)?.[field.name];
    if (value === undefined || value === field.value) continue;
    if (field.matches("textarea[data-editor]")) replace(field, value);
    else field.value = value;
    touched.push(field);
  }
  for (const field of touched) field.dispatchEvent(new Event("change", { bubbles: true }));
}

function fillRows(fieldset, rows, secrets) {
  const list = fieldset.querySelector("[data-rows-list]");
  const blank = fieldset.querySelector("[data-row-template]").content.firstElementChild;
  const made = [...rows, null].map((values, at) => {
    const row = blank.cloneNode(true);
    const inputs = [...row.querySelectorAll("input, select")];
    if (values) inputs.forEach((input, n) => (input.value = (isSecret(input) ? secrets[at]?.[n] : values[n]) ?? ""));
    return row;
  });
  list.replaceChildren(...made);
  const holder = fieldset.closest("details");
  if (holder && rows.length) holder.open = true;
}

// ---- Storage. It can be full, disabled or corrupt: keeping input is only a help, so failures are never shown.

const keyOf = (form) => `${PREFIX}${form.dataset.keepFor}:${form.dataset.keep}`;
const parts = ({ secretFields, secretRows, ...plain }) => ({ plain, secret: { secretFields, secretRows } });
const join = (plain, secret) => ({ secretFields: {}, secretRows: {}, ...plain, ...secret });

function write(key, { state: whole, ...about }) {
  if (isOver()) return;
  const { plain, secret } = parts(whole);
  makeRoom(key);
  store(localStorage, key, { ...about, plain });
  store(sessionStorage, key, secret);
}

function read(key) {
  const kept = load(localStorage, key);
  if (!kept?.plain?.fields || Date.now() - kept.at > MAX_AGE_MS) return null;
  const { plain, ...about } = kept;
  return { ...about, state: ordered(join(plain, load(sessionStorage, key) ?? {})) };
}

// States are compared as JSON text, so their keys need a fixed order.
const ordered = ({ fields, checks, rows, secretFields, secretRows }) => ({
  fields,
  checks,
  rows,
  secretFields,
  secretRows,
});

function remove(key) {
  localStorage.removeItem(key);
  sessionStorage.removeItem(key);
}

function store(where, key, value) {
  try {
    where.setItem(key, JSON.stringify(value));
  } catch {
    where.removeItem(key); // full: an outdated entry would be worse than none
  }
}

function load(where, key) {
  try {
    return JSON.parse(where.getItem(key));
  } catch {
    return null;
  }
}

function makeRoom(own) {
  for (const key of Object.keys(localStorage)) {
    if (key === own || !key.startsWith(PREFIX)) continue;
    const kept = load(localStorage, key);
    if (!kept || Date.now() - kept.at > MAX_AGE_MS) remove(key);
  }
}

// Signing out is deliberate: the next person at this machine must not find any input.
