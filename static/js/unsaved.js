// <form data-unsaved>: leaving the page asks first when something in it was changed and not sent. The words are the
// browser's. Forms with data-keep are sent by saving.js, which calls `release` once the server has taken them.
let changed = null; // the form that was changed since it was last sent

export function listen() {
  document.addEventListener("input", note);
  document.addEventListener("change", note);
  document.addEventListener("submit", (event) => event.target === changed && !isKept(event.target) && (changed = null));
  window.addEventListener("beforeunload", (event) => changed?.isConnected && event.preventDefault());
}

export const release = () => (changed = null);

// What the test is fed with is never kept on the server, so losing it is no loss. A code editor speaks through its
// textarea.
const OF_THE_TEST = ["payload", "event_type"];

function note(event) {
  if (!event.target.name || OF_THE_TEST.includes(event.target.name)) return;
  changed = event.target.closest("form[data-unsaved]") ?? changed;
}

const isKept = (form) => "keep" in form.dataset;
