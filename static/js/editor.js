// Turns <textarea data-editor="javascript|json"> into a code editor. The textarea stays in the form, hidden, and every
// change is copied to it, so the form is the same with and without scripts. Attributes of the textarea:
//   data-completes-from="#payload"  the field whose JSON provides the completions after `webhook.` (see completion.js)
//   data-types-url="/…"             the types of the event and of what the destination accepts (see types.js)
//   data-check-url="/…"             checks the syntax after a pause in typing: POST code=… responds with
//                                   {"error": null | {"message", "line", "column"}}
// In the HTML that the server responds with:
//   [data-editor-error data-for="#code" data-line data-column data-message]  marks that position in the editor
//   [data-editor-go="#code" data-line data-column]                           a button that moves the cursor there
//   [data-editor-arrive]  such a button or link, followed and marked when the page opens
// Ctrl/⌘+Enter clicks the form's [data-run-test], Ctrl/⌘+S saves it (see saving.js). Tab indents;
// Esc, then Tab, leaves the editor.
// Line breaks: like every textarea, the editor contains only LF. Pasted CRLF becomes LF; anything else, such as a BOM,
// stays unchanged.
import {
  autocompletion,
  bracketMatching,
  classHighlighter,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  defaultKeymap,
  drawSelection,
  EditorState,
  EditorView,
  foldGutter,
  foldKeymap,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentOnInput,
  indentUnit,
  indentWithTab,
  isolateHistory,
  javascript,
  javascriptLanguage,
  json,
  jsonParseLinter,
  keymap,
  lineNumbers,
  linter,
  lintGutter,
  lintKeymap,
  Prec,
  search,
  searchKeymap,
  syntaxHighlighting,
} from "../vendor/codemirror.js";
import * as autoRun from "./auto-run.js";
import { webhookCompletions } from "./completion.js";
import { phrases } from "./editor-phrases.js";
import { theme } from "./editor-theme.js";
import { tools } from "./editor-tools.js";
import { remember, viewOf } from "./editors.js";
import { restore as restorePlace } from "./place.js";
import { saveByKey } from "./saving.js";
import { bringToFront } from "./tabs.js";
import { showErrors } from "./marks.js";
import { Types } from "./types.js";

const PAUSE_MS = 500;
const nonce = document.querySelector('meta[name="csp-nonce"]')?.content ?? "";

autoRun.listen();

export function upgrade(root) {
  autoRun.upgrade(root);
  for (const area of root.querySelectorAll("textarea[data-editor]:not([data-ready])")) mount(area);
  for (const area of document.querySelectorAll("textarea[data-editor]")) showRunError(area);
  restorePlace();
  arrive();
  if (document.querySelector("#test-result [data-run-outcome]")) import("./fold.js").then((fold) => fold.upgrade());
  if (document.querySelector("[data-coverage]")) import("./coverage.js").then((coverage) => coverage.upgrade());
  if (document.querySelector("[data-merge-with]")) import("./merge.js").then((merge) => merge.upgrade());
}

function mount(area) {
  area.dataset.ready = "";
  const label = document.getElementById(`${area.id}-label`);
  const types = area.dataset.typesUrl ? new Types(area) : null;
  const view = new EditorView({
    state: EditorState.create({ doc: area.value, extensions: extensionsFor(area, types) }),
  });
  area.before(view.dom);
  area.hidden = true;
  // Focusing the hidden textarea, from its label or the list of problems, focuses the editor instead.
  area.focus = () => {
    view.dom.closest("[data-folded]")?.removeAttribute("data-folded");
    view.focus();
  };
  label?.addEventListener("click", () => view.focus());
  remember(area, view, isolateHistory.of("full"));
  types?.attach(view);
  if (area.dataset.checkUrl) checkSoon(area, view);
}

function extensionsFor(area, types) {
  return [
    nonce ? EditorView.cspNonce.of(nonce) : [],
    lineNumbers(),
    foldGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    drawSelection(),
    history(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    highlightSelectionMatches(),
    search({ top: true }),
    syntaxHighlighting(classHighlighter),
    theme,
    EditorState.phrases.of(phrases(document.documentElement.lang)),
    Prec.highest(keymap.of([
      { key: "Mod-Enter", run: () => runTest(area) },
      { key: "Mod-s", run: () => saveByKey(area.form) || true, preventDefault: true },
    ])),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    area.dataset.editor === "javascript" ? tools(types) : [],
    languageFor(area, types),
    EditorView.contentAttributes.of(namesFor(area)),
    EditorView.updateListener.of((update) => update.docChanged && changed(area, update.view)),
  ];
}

function languageFor(area, types) {
  if (area.dataset.editor === "json") return [json(), linter(jsonParseLinter(), { delay: PAUSE_MS })];
  const source = webhookCompletions(area);
  const completions = javascriptLanguage.data.of({ autocomplete: types?.completions(source) ?? source });
  return [javascript(), completions, lintGutter(), types?.extension() ?? []];
}

// The editor's text box is another element than the textarea, so it takes over its name, help and error state.
// The tabindex changes nothing for people; some checkers do not know that an editable element is focusable.
function namesFor(area) {
  const names = { "aria-labelledby": `${area.id}-label`, tabindex: "0" };
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (area.hasAttribute(name)) names[name] = area.getAttribute(name);
  }
  return names;
}

function changed(area, view) {
  area.value = view.state.doc.toString();
  area.dispatchEvent(new Event("input", { bubbles: true }));
  if (area.dataset.checkUrl) checkSoon(area, view);
}

function runTest(area) {
  const button = area.form?.querySelector("[data-run-test]");
  if (!button) return false;
  bringToFront(button);
  button.click();
  return true;
}

// Marks syntax errors while typing. Failures of the check are ignored: a test run reports the error anyway.
const pending = new WeakMap();

function checkSoon(area, view) {
  pending.get(area)?.abort();
  const controller = new AbortController();
  pending.set(area, controller);
  setTimeout(() => controller.signal.aborted || check(area, view, controller.signal), PAUSE_MS);
}

async function check(area, view, signal) {
  if (autoRun.covers(area.form)) return; // the run tells it
  try {
    const body = new URLSearchParams({ code: area.value });
    const answer = await fetch(area.dataset.checkUrl, { method: "POST", body, signal });
    if (!answer.ok) return;
    const { error } = await answer.json();
    if (!signal.aborted) mark(view, error ? [error] : []);
  } catch {
    // Offline, aborted, or not JSON.
  }
}

// Marks the error of the last run, once for each result. A later result without an error removes the mark.
const shownError = new WeakMap();
const arrived = new WeakSet(); // editors with the mark of a line to which a link led; the next result takes it away

function showRunError(area) {
  const view = viewOf(area);
  const found = document.querySelector(`[data-editor-error][data-for="#${CSS.escape(area.id)}"]`);
  const runs = arrived.has(area) && document.querySelector("#test-result [data-run-outcome]");
  if (runs) arrived.delete(area);
  if (!view || (found === (shownError.get(area) ?? null) && !runs)) return;
  shownError.set(area, found);
  pending.get(area)?.abort();
  mark(
    view,
    found
      ? [{ message: found.dataset.message, line: Number(found.dataset.line), column: Number(found.dataset.column) }]
      : [],
  );
}

function mark(view, errors) {
  const { doc } = view.state;
  const diagnostics = errors.map(({ message, line, column }) => {
    const from = place(doc, line, column);
    const word = /^[\w$]+|^./.exec(doc.sliceString(from, doc.lineAt(from).to));
    return { from, to: from + (word ? word[0].length : 0), severity: "error", message };
  });
  showErrors(view, diagnostics);
}

// The document offset of a line and column, which count from 1 as in the engine. Positions outside are moved inside.
function place(doc, line, column) {
  const found = doc.line(Math.min(Math.max(line || 1, 1), doc.lines));
  return Math.min(found.from + Math.max((column || 1) - 1, 0), found.to);
}

// Somebody followed a link to a line of the code.
function arrive() {
  const link = document.querySelector("[data-editor-arrive]");
  const area = link && document.querySelector(link.dataset.editorGo);
  if (!area || !viewOf(area)) return;
  link.removeAttribute("data-editor-arrive");
  link.click();
  pending.get(area)?.abort();
  arrived.add(area);
  mark(viewOf(area), [{ ...link.dataset, line: Number(link.dataset.line), column: Number(link.dataset.column) }]);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-sample-for]")) import("./samples.js").then(({ load }) => load(event.target));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-editor-go]");
  const area = button && document.querySelector(button.dataset.editorGo);
  const view = area && viewOf(area);
  if (!view) return;
  event.preventDefault();
  bringToFront(view.dom);
  const anchor = place(view.state.doc, Number(button.dataset.line), Number(button.dataset.column));
  view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
});
