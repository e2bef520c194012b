// <form data-unsaved>: leaving the page asks first when something in it was changed and not sent. The words are the browser's.
let changed = null; // the form that was changed since it was last sent

export function listen() {
  document.addEventListener("input", note);
  document.addEventListener("change", note);
  document.addEventListener("submit", (event) => event.target === changed && !isTrial(event.submitter) && (changed = null));
  window.addEventListener("beforeunload", (event) => changed?.isConnected && event.preventDefault());
}

// What the test is fed with is never kept, so losing it is no loss. A code editor speaks through its textarea.
const OF_THE_TEST = ["payload", "event_type"];

function note(event) {
  if (!event.target.name || OF_THE_TEST.includes(event.target.name)) return;
  changed = event.target.closest("form[data-unsaved]") ?? changed;
}

// A test run sends the form too, but keeps nothing of it.
const isTrial = (button) => button?.hasAttribute("hx-post") ?? false;
