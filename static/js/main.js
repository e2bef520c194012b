// The only module that pages load; early.js comes before it. `upgrade(root)` of each module is called for the page and
// again for whatever htmx swaps in, so it must be safe to call twice on the same element.
import * as clipboard from "./clipboard.js";
import * as doubleClicks from "./double-clicks.js";
import * as live from "./live.js";
import * as menus from "./menus.js";
import * as palette from "./palette.js";
import * as shortcuts from "./shortcuts.js";
import * as signOut from "./sign-out.js";
import * as submits from "./submits.js";
import * as tabs from "./tabs.js";
import * as times from "./times.js";
import * as toasts from "./toasts.js";

// What few pages need is loaded once one of its elements is there.
const ON_DEMAND = [
  ["code[data-highlight]", () => import("./highlight.js")],
  [".body-view", () => import("./json-viewer.js")],
  ["[data-card-picker]", () => import("./card-picker.js")],
  ["[data-choose]", () => import("./chosen.js")],
  ["[data-docs-search]", () => import("./docs.js")],
  ["[data-event-tree]", () => import("./event-tree.js")],
  ["[data-further]", () => import("./further.js")],
  ["[data-hint]", () => import("./hints.js")],
  ["[data-log-pause]", () => import("./tail.js")],
  ["[data-problems]", () => import("./problems.js")],
  ["[data-reveal]", () => import("./reveal.js")],
  ["[data-rows]", () => import("./rows.js")],
  ["[data-sets]", () => import("./sets.js")],
  ["[data-start-from]", () => import("./start.js")],
];
const FORMS = "form[data-keep], form[data-unsaved]";
const loaded = new Map(); // a function that imports → the promise of its modules, which listen already

let first = true; // no form has been seen yet

// Once for each page: these listen on the document, so that they also handle elements that arrive later.
for (const module of [clipboard, doubleClicks, live, menus, palette, shortcuts, signOut, submits, times, toasts]) {
  module.listen();
}

// Resolves when everything that the page needs has been loaded, or has failed, which is reported.
function upgrade(root) {
  const loading = [];
  for (const module of [tabs, times, live, toasts]) module.upgrade(root);
  for (const [selector, load] of ON_DEMAND) {
    if (root.querySelector(selector)) loading.push(once(load).then(([module]) => module.upgrade?.(root)));
  }
  const editors = root.querySelector("[data-editor], [data-editor-error]");
  const ready = editors ? import("./editor.js").then((editor) => editor.upgrade(root)) : Promise.resolve();
  if (root.querySelector(FORMS)) {
    const kept = once(forms).then(([, keep]) => {
      keep.begin(root, first ? early.typed() : undefined);
      first = false;
      return ready.finally(() => keep.upgrade(root)); // after the editors exist, since kept input goes into them too
    });
    loading.push(kept);
  }
  return Promise.allSettled([ready, ...loading]).then((all) => {
    for (const { status, reason } of all) if (status === "rejected") reportError(reason);
  });
}

const forms = () => Promise.all([import("./unsaved.js"), import("./keep.js"), import("./saving.js")]);

function once(load) {
  if (!loaded.has(load)) {
    const modules = load().then((found) => [found].flat());
    loaded.set(load, modules.then((found) => found.map((module) => (module.listen?.(), module))));
  }
  return loaded.get(load);
}

upgrade(document).then(early.repeat);
document.addEventListener("htmx:after:swap", () => upgrade(document));
