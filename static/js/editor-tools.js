// What makes the code editor comfortable: several cursors, word wrap, the size of the text, and by the type worker the
// description of a name, its definition, renaming, the list of symbols and formatting.
//   [data-editor-do="format|symbols|wrap|larger|smaller|shortcuts"][data-for="#code"]  buttons that do the same
import {
  activateHover,
  Compartment,
  crosshairCursor,
  EditorSelection,
  EditorState,
  EditorView,
  isolateHistory,
  keymap,
  rectangularSelection,
  showPanel,
  StateEffect,
  StateField,
} from "../vendor/codemirror.js";
import { viewOf } from "./editors.js";

const SIZES = { least: 11, usual: 13, most: 24 };
const SIZE = "editor-size";
const WRAP = "editor-wrap";
const wrapping = new Compartment();
const askers = new WeakMap(); // the Types of an editor, if it has any

export function tools(types) {
  showWrap();
  const withTypes = (run) => (view) => {
    if (types?.ready) run(view, types);
    return Boolean(types);
  };
  return [
    EditorState.allowMultipleSelections.of(true),
    rectangularSelection(),
    crosshairCursor(),
    wrapping.of(stored(WRAP) ? EditorView.lineWrapping : []),
    symbolPanel,
    keymap.of([
      { key: "F1", run: openShortcuts, preventDefault: true },
      { key: "Alt-z", run: toggleWrap, preventDefault: true },
      { key: "Mod-Shift-Space", run: withTypes(describe) },
      { key: "F2", run: withTypes(rename) },
      { key: "F4", run: withTypes(define) },
      { key: "Shift-Alt-f", run: withTypes(format), preventDefault: true },
      { key: "Mod-Shift-o", run: withTypes(openSymbols), preventDefault: true },
      { key: "Escape", run: closeSymbols },
    ]),
    types ? EditorView.updateListener.of(({ view }) => askers.set(view, types)) : [],
  ];
}

const ACTIONS = {
  format: (view) => askers.get(view)?.ready && format(view, askers.get(view)),
  symbols: (view) => askers.get(view)?.ready && openSymbols(view, askers.get(view)),
  wrap: toggleWrap,
  larger: (view) => resize(view, 1),
  smaller: (view) => resize(view, -1),
  shortcuts: openShortcuts,
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-editor-do]");
  const view = button && viewOf(document.querySelector(button.dataset.for));
  if (view) ACTIONS[button.dataset.editorDo]?.(view);
});

// Storage may be full or forbidden; then the setting lasts as long as the page.
function stored(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {}
}

const bounded = (size) => Math.min(SIZES.most, Math.max(SIZES.least, size || SIZES.usual));
const setSize = (size) => document.documentElement.style.setProperty("--editor-size", `${size}px`);
if (stored(SIZE)) setSize(bounded(Number(stored(SIZE))));

function resize(view, step) {
  const size = bounded(bounded(Number(stored(SIZE))) + step);
  store(SIZE, String(size));
  setSize(size);
  view.requestMeasure();
  say(view, view.state.phrase("Text size: $1", String(size)));
}

function toggleWrap(view) {
  const wraps = view.lineWrapping;
  view.dispatch({ effects: wrapping.reconfigure(wraps ? [] : EditorView.lineWrapping) });
  store(WRAP, wraps ? null : "on");
  showWrap();
  say(view, view.state.phrase(wraps ? "Lines do not wrap" : "Lines wrap"));
  return true;
}

function showWrap() {
  for (const button of document.querySelectorAll('[data-editor-do="wrap"]')) {
    button.setAttribute("aria-pressed", String(Boolean(stored(WRAP))));
  }
}

const say = (view, text) => view.dispatch({ effects: EditorView.announce.of(text) });

function openShortcuts() {
  const list = document.getElementById("editor-shortcuts");
  list?.showPopover();
  return Boolean(list);
}

function describe(view) {
  const { head } = view.state.selection.main;
  activateHover(view, head, -1);
}

// Selects each place of a name, so that typing renames all of them.
async function rename(view, types) {
  const places = await types.ask("names", view.state.selection.main.head);
  if (!places) return say(view, view.state.phrase("This cannot be renamed"));
  const changes = places.flatMap(({ from, to, prefix, suffix }) => [
    { from, insert: prefix },
    { from: to, insert: suffix },
  ]);
  const set = view.state.changes(changes);
  const ranges = places.map(({ from, to }) => EditorSelection.range(set.mapPos(from, 1), set.mapPos(to, -1)));
  view.dispatch({ changes: set, selection: EditorSelection.create(ranges, 0), userEvent: "select.rename" });
  say(view, view.state.phrase("$1 places selected: type the new name", String(places.length)));
}

async function define(view, types) {
  const found = await types.ask("definition", view.state.selection.main.head);
  if (found) moveTo(view, found.position);
}

function moveTo(view, position) {
  view.dispatch({
    selection: { anchor: position },
    effects: EditorView.scrollIntoView(position, { y: "center" }),
  });
  view.focus();
}

// Formats the whole code as one step that Undo takes back; the cursor stays in its line.
async function format(view, types) {
  const text = await types.ask("format");
  const { doc, selection } = view.state;
  if (text === null || text === doc.toString()) return say(view, view.state.phrase("The code is formatted"));
  const line = doc.lineAt(selection.main.head).number;
  view.dispatch({ changes: { from: 0, to: doc.length, insert: text }, annotations: isolateHistory.of("full") });
  const now = view.state.doc;
  view.dispatch({ selection: { anchor: now.line(Math.min(line, now.lines)).from }, scrollIntoView: true });
  say(view, view.state.phrase("The code is formatted"));
}

const setSymbols = StateEffect.define();
const symbolPanel = StateField.define({
  create: () => null,
  update: (found, { effects }) => effects.find((one) => one.is(setSymbols))?.value ?? (closed(effects) ? null : found),
  provide: (field) => showPanel.from(field, (found) => found && ((view) => symbolList(view, found))),
});
const closed = (effects) => effects.some((one) => one.is(setSymbols) && one.value === null);

async function openSymbols(view, types) {
  const found = await types.ask("symbols");
  if (found) view.dispatch({ effects: setSymbols.of(found) });
}

function closeSymbols(view) {
  if (!view.state.field(symbolPanel)) return false;
  view.dispatch({ effects: setSymbols.of(null) });
  view.focus();
  return true;
}

function symbolList(view, symbols) {
  const dom = document.createElement("div");
  dom.className = "cm-symbols";
  dom.setAttribute("role", "group");
  dom.setAttribute("aria-label", view.state.phrase("Go to symbol"));
  for (const { label, line, position } of symbols) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "cm-button";
    button.textContent = label;
    button.title = `${view.state.phrase("line")} ${line}`;
    button.addEventListener("click", () => {
      closeSymbols(view);
      moveTo(view, position);
    });
    dom.append(button);
  }
  if (!symbols.length) dom.textContent = view.state.phrase("No symbols");
  dom.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") closeSymbols(view);
    else if (step) move(dom, event.target, step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { dom, top: true, mount: () => dom.querySelector("button")?.focus() };
}

function move(dom, from, step) {
  const buttons = [...dom.querySelectorAll("button")];
  const next = buttons[(buttons.indexOf(from) + step + buttons.length) % buttons.length];
  next?.focus();
}
