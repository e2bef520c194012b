// <form data-unsaved>: asks before leaving the page when the form has unsaved changes. The words are the browser's.
// saving.js submits forms with data-keep and calls `release` once the server has saved them.
let changed = null; // the form with changes since it was last submitted

export function listen() {
  document.addEventListener("input", note);
  document.addEventListener("change", note);
  document.addEventListener("submit", (event) => event.target === changed && !isKept(event.target) && (changed = null));
  window.addEventListener("beforeunload", (event) => changed?.isConnected && event.preventDefault());
}

// The form with the changes was replaced by another one that contains them.
export function follow(form) {
  if (changed && !changed.isConnected) changed = form;
}

export const release = () => (changed = null);

// The next page restores what was typed into this form, so nobody needs to be asked.
export function releaseKept(form) {
  if (changed === form) changed = null;
}

// Ignores the test's fields, which the server never saves. A code editor sends its events through its textarea.
const OF_THE_TEST = ["payload", "event_type", "message", "mask"];

function note(event) {
  if (!event.target.name || OF_THE_TEST.includes(event.target.name)) return;
  changed = event.target.closest("form[data-unsaved]") ?? changed;
}

const isKept = (form) => "keep" in form.dataset;
