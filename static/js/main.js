// The one script that pages load. Each module has one purpose; `upgrade(root)` is called for the page and again for
// whatever htmx swaps in, so it must be safe to call twice on the same element.
import * as clipboard from "./clipboard.js";
import * as eventTree from "./event-tree.js";
import * as highlight from "./highlight.js";
import * as live from "./live.js";
import * as menus from "./menus.js";
import * as problems from "./problems.js";
import * as reveal from "./reveal.js";
import * as rows from "./rows.js";
import * as shortcuts from "./shortcuts.js";
import * as submits from "./submits.js";
import * as tabs from "./tabs.js";
import * as times from "./times.js";
import * as unsaved from "./unsaved.js";

// Once for the page: these listen on the document, so that what arrives later is heard too.
for (const module of [clipboard, live, menus, problems, reveal, rows, shortcuts, submits, unsaved]) module.listen();

function upgrade(root) {
  for (const module of [tabs, eventTree, rows, times, problems, live]) module.upgrade(root);
  highlight.upgrade(root);
  if (root.querySelector("[data-editor], [data-editor-error]")) import("./editor.js").then((editor) => editor.upgrade(root));
}

upgrade(document);
document.addEventListener("htmx:after:swap", () => upgrade(document));
