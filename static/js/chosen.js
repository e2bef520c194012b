// Rows chosen by check boxes: <form data-chosen> with [data-choose] boxes, a [data-choose-all] box and a
// [data-chosen-count] text. Remembers what is chosen while the list refreshes itself; a row that is no longer listed is
// chosen no longer. An action on nothing is not submitted: the text says what is missing.
const chosen = new Set();
let missing = false; // an action was tried with nothing chosen

const boxes = (form) => [...form.querySelectorAll("[data-choose]")];

export function listen() {
  document.addEventListener("change", ({ target }) => {
    const form = target.closest?.("form[data-chosen]");
    if (!form) return;
    if (target.matches("[data-choose-all]")) { for (const box of boxes(form)) box.checked = target.checked; }
    missing = false;
    keep(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-chosen]") || boxes(form).some((box) => box.checked)) return;
    event.preventDefault();
    missing = true;
    keep(form);
  });
  // Back leads to a page whose boxes the browser has checked again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-chosen]").forEach(keep));
}

export function upgrade(root) {
  for (const form of root.querySelectorAll("form[data-chosen]")) {
    for (const box of boxes(form)) box.checked ||= chosen.has(box.value);
    keep(form);
  }
}

function keep(form) {
  const all = boxes(form);
  const checked = all.filter((box) => box.checked);
  chosen.clear();
  for (const box of checked) chosen.add(box.value);
  const everything = form.querySelector("[data-choose-all]");
  everything.checked = checked.length > 0 && checked.length === all.length;
  everything.indeterminate = checked.length > 0 && checked.length < all.length;
  const count = form.querySelector("[data-chosen-count]");
  const nothing = missing ? count.dataset.none : "";
  const text = checked.length ? count.dataset.text.replace("{count}", checked.length) : nothing;
  if (count.textContent !== text) count.textContent = text;
}
