// The arrow keys move between the search box of the docs and its results.
export function listen() {
  document.addEventListener("keydown", (event) => {
    const at = event.target.closest?.("[data-docs-search], [data-docs-hit]");
    if (!at || event.isComposing) return;
    const stops = [...document.querySelectorAll("[data-docs-search], [data-docs-hit]")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step && stops[stops.indexOf(at) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
