// Marks in the gutter of a code editor: which lines the samples, test cases and stored events reach. The page has
//   <p data-coverage="#field-code" data-coverage-url="/…" hidden> with a checkbox [data-coverage-switch] and an
//   element [data-coverage-text data-running="…" data-branches="{count} … {total}" data-failed="…"]
// Whether marks are shown is remembered in this browser. They are brought up to date when the page opens and after each
// run of the test that was asked for; while the code is changed they move with their lines.
import { gutter, GutterMarker, RangeSet, StateEffect, StateField } from "../vendor/codemirror.js";
import { viewOf } from "./editors.js";

const SHOWN = "coverage";
const SIGNS = { covered: "✓", partly: "◐", never: "✕" };

class Mark extends GutterMarker {
  constructor(kind, words) {
    super();
    this.kind = kind;
    this.words = words;
    this.elementClass = `cm-coverage-${kind}`;
  }
  eq(other) {
    return other.kind === this.kind && other.words === this.words;
  }
  toDOM() {
    const sign = document.createElement("span");
    sign.textContent = SIGNS[this.kind];
    sign.title = this.words;
    return sign;
  }
}

const show = StateEffect.define();
const marks = StateField.define({
  create: () => RangeSet.empty,
  update(set, transaction) {
    let now = set.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(show)) now = effect.value;
    return now;
  },
});
const extension = [marks, gutter({ class: "cm-coverage", markers: (view) => view.state.field(marks) })];

const begun = new WeakSet();
const results = new WeakSet();

export function upgrade() {
  for (const bar of document.querySelectorAll("[data-coverage]")) {
    const view = viewOf(document.querySelector(bar.dataset.coverage));
    if (!view || begun.has(bar)) continue;
    begun.add(bar);
    begin(bar, view);
  }
}

function begin(bar, view) {
  const box = bar.querySelector("[data-coverage-switch]");
  bar.hidden = false;
  box.checked = localStorage.getItem(SHOWN) === "shown";
  const refresh = () => box.checked ? load(bar, view) : clear(bar, view);
  box.addEventListener("change", () => {
    localStorage.setItem(SHOWN, box.checked ? "shown" : "hidden");
    refresh();
  });
  document.addEventListener("htmx:after:swap", () => {
    const result = document.getElementById("test-result")?.firstElementChild;
    if (!bar.isConnected || !result || results.has(result) || result.closest("[data-by=typing]")) return;
    results.add(result);
    refresh();
  });
  if (box.checked) refresh();
}

function clear(bar, view) {
  bar.querySelector("[data-coverage-text]").textContent = "";
  if (view.state.field(marks, false)) view.dispatch({ effects: show.of(RangeSet.empty) });
}

async function load(bar, view) {
  const text = bar.querySelector("[data-coverage-text]");
  const code = view.state.doc.toString();
  text.textContent = text.dataset.running;
  try {
    const answer = await fetch(bar.dataset.coverageUrl, { method: "POST", body: new URLSearchParams({ code }) });
    const found = await answer.json();
    if (view.state.doc.toString() !== code) return;
    const [count, total] = found.branches;
    text.textContent = found.problem ??
      text.dataset.branches.replace("{count}", count).replace("{total}", total);
    draw(view, bar, found);
  } catch {
    text.textContent = text.dataset.failed;
  }
}

function draw(view, bar, { lines, missed }) {
  if (!view.state.field(marks, false)) view.dispatch({ effects: StateEffect.appendConfig.of(extension) });
  const { doc } = view.state;
  const ranges = [];
  for (const [line, kind] of Object.entries(lines)) {
    if (Number(line) > doc.lines) continue;
    const words = [bar.dataset[kind], ...(missed[line] ?? [])].join(" ");
    ranges.push(new Mark(kind, words).range(doc.line(Number(line)).from));
  }
  view.dispatch({ effects: show.of(RangeSet.of(ranges, true)) });
}
