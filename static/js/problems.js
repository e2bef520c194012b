// The sentences above a refused form (ui.form_problems): gives them the focus, so that they are seen and read out. Each
// link goes to its field and opens the tab that contains it.
import { bringToFront } from "./tabs.js";

export function listen() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-problems] a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    bringToFront(field);
    field.scrollIntoView({ block: "center" });
    const target = field.matches("fieldset") ? field.querySelector("input:not([type=hidden])") : field;
    target.focus();
  });
}

export function upgrade(root) {
  const problems = root.querySelector("[data-problems]:not([data-ready])");
  if (!problems) return;
  problems.dataset.ready = "";
  problems.focus();
}
