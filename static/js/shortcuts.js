// Keyboard shortcuts: "/" focuses the page's search box ([data-search], else the first type=search), "g" and then a
// letter follows the link with data-go="<letter>", "?" opens the list of shortcuts (#shortcuts). Disabled while typing.
const PATIENCE_MS = 1200;

export function listen() {
  let goAt = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const going = Date.now() - goAt < PATIENCE_MS;
    goAt = 0;
    if (going) return go(event);
    if (event.key === "g") goAt = Date.now();
    else if (event.key === "/") search(event);
    else if (event.key === "?") document.getElementById("shortcuts")?.showPopover();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcuts-open]")) document.getElementById("shortcuts").showPopover();
  });
}

// Whether what is typed at the element becomes its text.
export const isTyping = (element) =>
  element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable='true'], .cm-editor");

function go(event) {
  const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

function search(event) {
  const box = document.querySelector("[data-search]") ?? document.querySelector('main input[type="search"]');
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select?.();
}
