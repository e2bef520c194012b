// The event-type tree (ui.event_tree): a search box, a checkbox for each group, and the number chosen. A search hides
// what does not match; a group's checkbox acts only on what is shown, so that "search, then select all" works.
export function upgrade(root) {
  for (const tree of root.querySelectorAll("[data-event-tree]:not([data-ready])")) {
    tree.dataset.ready = "";
    tree.addEventListener("change", (event) => changed(tree, event.target));
    const search = tree.querySelector("[data-event-search]");
    search.addEventListener("input", () => filter(tree, search.value));
    // Enter in a search box would submit the form.
    search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    count(tree);
  }
}

const boxes = (group) => [...group.querySelectorAll('[name="event_types"]')];
const shown = (box) => !box.closest("[data-event-type]").hidden;

function changed(tree, input) {
  if (input.matches("[data-event-parent]")) {
    for (const box of boxes(input.closest("[data-event-group]")).filter(shown)) box.checked = input.checked;
  }
  count(tree);
}

function filter(tree, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of tree.querySelectorAll("[data-event-type]")) {
    item.hidden = !words.every((word) => item.dataset.eventType.includes(word));
  }
  const groups = [...tree.querySelectorAll("[data-event-group]")];
  for (const group of groups) group.hidden = !boxes(group).some(shown);
  tree.querySelector("[data-event-none]").hidden = groups.some((group) => !group.hidden);
  count(tree);
}

function count(tree) {
  for (const group of tree.querySelectorAll("[data-event-group]")) {
    const visible = boxes(group).filter(shown);
    const checked = visible.filter((box) => box.checked).length;
    const parent = group.querySelector("[data-event-parent]");
    parent.checked = visible.length > 0 && checked === visible.length;
    parent.indeterminate = checked > 0 && checked < visible.length;
  }
  const output = tree.querySelector("[data-event-count]");
  output.textContent = output.dataset.text.replace("{count}", boxes(tree).filter((box) => box.checked).length);
}
