// Types in the code editor: completion, hover, warnings, definition, rename and formatting by the type worker. It is
// loaded once, when a code editor with data-types-url has the focus for the first time, or its page was opened at
// #editor-code, and the browser is idle; not when the person saves data. Until it is ready, and wherever it knows
// nothing, completion comes from the sample. Who waits behind a dot until it is ready gets its list then.
//   data-types-url="/…/types.d.ts"  the types of this endpoint; the form's event types are added to the address
import { completionStatus, EditorView, hoverTooltip, startCompletion } from "../vendor/codemirror.js";
import { showWarnings } from "./marks.js";
import { HOVER, sentence } from "./type-phrases.js";

const PAUSE_MS = 400;
const IDLE_MS = 2000;
const MEMBER = /\.\s*[\w$]*$/;
const NAME = /[\w$]*$/;

let worker = null;
let last = 0;
let began = false;
const waiting = new Map();
const clients = new Set();

function ask(method, ...values) {
  return new Promise((resolve) => {
    waiting.set(++last, resolve);
    worker.postMessage({ id: last, method, values });
  });
}

function start() {
  if (worker) return;
  worker = new Worker(new URL("./type-worker.js", import.meta.url), { type: "module", name: "types" });
  worker.addEventListener("message", ({ data: { id, result } }) => {
    if (id === 0) {
      began = true;
      for (const client of clients) client.check();
      return;
    }
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  worker.addEventListener("error", () => {
    began = false; // it could not be loaded, or ended: the sample is still there
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
  });
}

// What one editor asks the worker.
export class Types {
  constructor(area) {
    this.area = area;
    this.timer = 0;
    this.types = null; // of the address that was read last
    this.address = "";
    this.missed = null; // where the name begins that was completed last without the types
  }

  attach(view) {
    this.view = view;
    const begin = () => {
      if (navigator.connection?.saveData) return;
      clients.add(this);
      if (began) this.check();
      else if (window.requestIdleCallback) requestIdleCallback(start, { timeout: IDLE_MS });
      else setTimeout(start, 0);
    };
    view.contentDOM.addEventListener("focus", begin, { once: true });
    // "Open in editor" on a message's page: who comes to mend code sees its warnings at once.
    if (view.hasFocus || location.hash === "#editor-code") begin();
  }

  get ready() {
    return began && this.types !== null;
  }

  // Sends what changed, then asks; null when the code has changed meanwhile or nothing is known.
  async ask(method, ...values) {
    if (!began || !(await this.load())) return null;
    const { doc } = this.view.state;
    const result = await this.askAbout(doc, method, ...values);
    return this.view.state.doc === doc ? result : null;
  }

  askAbout(doc, method, ...values) {
    ask("update", { types: this.types, code: doc.toString(), variables: this.variables() });
    return ask(method, ...values);
  }

  async load() {
    const address = this.wanted();
    if (address === this.address && this.types !== null) return true;
    try {
      const response = await fetch(address);
      if (!response.ok) return false;
      const text = await response.text();
      if (!text.startsWith("//{")) return false; // the page of an expired session
      this.types = text;
      this.address = address;
      return true;
    } catch {
      return false; // offline: the sample is still there
    }
  }

  // The address with the event types that the form has chosen, if it has any.
  wanted() {
    const url = new URL(this.area.dataset.typesUrl, document.baseURI);
    const form = this.area.form && new FormData(this.area.form);
    if (form?.get("listen") && form.get("listen") !== "all") {
      for (const name of form.getAll("event_types")) url.searchParams.append("event", name);
    }
    return url.href;
  }

  variables() {
    const inputs = this.area.form?.querySelectorAll('[name="variables_key"]') ?? [];
    return [...inputs].map((input) => input.value.trim()).filter(Boolean);
  }

  checkSoon() {
    if (!began) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), PAUSE_MS);
  }

  async check() {
    if (!this.view.dom.isConnected) {
      clients.delete(this);
      return;
    }
    if (began && await this.load()) this.listMissed();
    const found = await this.ask("warnings");
    if (!found) return;
    const { state } = this.view;
    showWarnings(
      this.view,
      found.filter(({ to }) => to <= state.doc.length).map((one) => ({
        from: one.from,
        to: one.to,
        severity: one.info ? "info" : "warning",
        message: sentence(state, one),
      })),
    );
    this.area.dataset.types = "ready";
  }

  completions(sample) {
    return async (context) => {
      if (!this.ready) return this.withoutTypes(context, sample);
      // About the code when it was asked: what is typed meanwhile only narrows the list.
      const found = await this.load() &&
        await this.askAbout(context.state.doc, "completions", context.pos, context.explicit);
      if (!found?.options.length) return context.aborted ? null : sample(context);
      const describe = (label) => async () => {
        const told = await this.ask("detail", context.pos, label);
        return told && card(this.view.state, told);
      };
      const options = found.options.map(({ label, type, sortText, detail }, index) => ({
        label,
        type,
        detail,
        boost: (sortText < "15" ? 50 : 0) - index / 1000,
        info: describe(label),
      }));
      return { from: found.from, options, validFor: found.quoted ? /^[^"'`]*$/ : /^[\w$]*$/ };
    };
  }

  // The list from the sample. As soon as the types are there, the next letter asks them.
  withoutTypes(context, sample) {
    const typed = context.matchBefore(MEMBER);
    this.missed = typed && context.pos - NAME.exec(typed.text)[0].length;
    const found = sample(context);
    return found && { ...found, validFor: (text) => !this.ready && found.validFor.test(text) };
  }

  // Opens the list that was asked for before the types were there, if the cursor still waits for it.
  listMissed() {
    const { missed, view: { state, hasFocus } } = this;
    this.missed = null;
    const { empty, head } = state.selection.main;
    const before = state.sliceDoc(state.doc.lineAt(head).from, head);
    const waits = missed !== null && hasFocus && empty && completionStatus(state) === null;
    if (waits && MEMBER.test(before) && head - NAME.exec(before)[0].length === missed) startCompletion(this.view);
  }

  extension() {
    return [this.hover(), EditorView.updateListener.of((update) => update.docChanged && this.checkSoon())];
  }

  hover() {
    return hoverTooltip(async (view, position) => {
      const found = this.ready ? await this.ask("hover", position) : null;
      if (!found) return null;
      return { pos: found.from, end: found.to, above: true, create: () => ({ dom: card(view.state, found) }) };
    });
  }
}

// Type, description, nullability and example of a name.
function card(state, { type, text, example, nullable, absent }) {
  const box = document.createElement("div");
  box.className = "type-card";
  const line = (name, content) => {
    const made = document.createElement(name);
    made.textContent = content;
    box.append(made);
  };
  line("code", type);
  if (text) line("p", text);
  const notes = [nullable && state.phrase(HOVER.nullable), absent && state.phrase(HOVER.absent)].filter(Boolean);
  if (notes.length) line("p", notes.join(" "));
  if (example) line("p", state.phrase(HOVER.example, example));
  return box;
}
