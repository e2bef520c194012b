// The only script that pages load. `upgrade(root)` of each module is called for the page and again for whatever htmx
// swaps in, so it must be safe to call twice on the same element.
import * as cardPicker from "./card-picker.js";
import * as clipboard from "./clipboard.js";
import * as docs from "./docs.js";
import "./flash.js";
import * as eventTree from "./event-tree.js";
import * as keep from "./keep.js";
import * as hints from "./hints.js";
import * as highlight from "./highlight.js";
import * as live from "./live.js";
import * as menus from "./menus.js";
import * as problems from "./problems.js";
import * as reveal from "./reveal.js";
import * as rows from "./rows.js";
import * as saving from "./saving.js";
import * as sets from "./sets.js";
import * as shortcuts from "./shortcuts.js";
import * as start from "./start.js";
import * as submits from "./submits.js";
import * as tabs from "./tabs.js";
import * as times from "./times.js";
import * as unsaved from "./unsaved.js";

// Once for each page: these listen on the document, so that they also handle elements that arrive later.
for (
  const module of [
    clipboard,
    docs,
    live,
    menus,
    problems,
    hints,
    reveal,
    rows,
    sets,
    shortcuts,
    submits,
    unsaved,
    keep,
    saving,
    start,
  ]
) module.listen();

function upgrade(root) {
  for (const module of [tabs, cardPicker, eventTree, hints, rows, times, problems, live]) module.upgrade(root);
  highlight.upgrade(root);
  keep.begin(root);
  const editors = root.querySelector("[data-editor], [data-editor-error]");
  const ready = editors ? import("./editor.js").then((editor) => editor.upgrade(root)) : Promise.resolve();
  ready.finally(() => keep.upgrade(root)); // after the editors exist, since kept input goes into them too
}

upgrade(document);
document.addEventListener("htmx:after:swap", () => upgrade(document));
