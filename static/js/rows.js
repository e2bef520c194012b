// Key-value rows (ui.key_value_rows): adds and removes rows. There is always an empty row to type into.
export function listen() {
  document.addEventListener("click", (event) => {
    const add = event.target.closest("[data-row-add]");
    if (add) return append(add.closest("[data-rows]")).querySelector("input").focus();
    const remove = event.target.closest("[data-row-remove]");
    if (remove) drop(remove.closest("[data-row]"));
  });
}

export function upgrade(root) {
  for (const rows of root.querySelectorAll("[data-rows]:not([data-ready])")) {
    rows.dataset.ready = "";
    for (const row of list(rows).filter(isEmpty).slice(1)) row.remove();
    if (!list(rows).some(isEmpty)) append(rows);
  }
}

const list = (rows) => [...rows.querySelectorAll("[data-row]")];
const isEmpty = (row) => [...row.querySelectorAll("input")].every((input) => !input.value);

function append(rows) {
  const row = rows.querySelector("[data-row-template]").content.firstElementChild.cloneNode(true);
  rows.querySelector("[data-rows-list]").append(row);
  return row;
}

function drop(row) {
  const rows = row.closest("[data-rows]");
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (neighbour ?? append(rows)).querySelector("input").focus();
}
