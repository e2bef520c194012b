// A double click, or Enter pressed twice, does what one does. A POST form is not submitted again while the page waits
// for the next one, nor within a moment by the page that came so soon that the second click hits the same button.
// A button that posts through htmx is ignored while its request is under way, and as the second of a double click.
//   Run test is exempt: it starts nothing, and runs again with what was typed meanwhile.
// Forms with data-keep are submitted by saving.js, which asks here too.
const FORGET_MS = 10_000; // the response did not come, or was a download
const DOUBLE_CLICK_MS = 500;
const KEY = "submitted";

const sending = new Map(); // form → the timer that forgets it
let typed = false; // on this page: what is submitted then is no second click

export function listen() {
  // On the window: after the listeners on the document, which submit some forms in other ways.
  addEventListener("submit", submitted);
  addEventListener("input", () => (typed = true), true);
  addEventListener("beforeunload", (event) => setTimeout(() => event.defaultPrevented && endAll()));
  addEventListener("pageshow", (event) => event.persisted && endAll());
  document.addEventListener("htmx:config:request", (event) => {
    if (repeats(event.detail.ctx)) event.preventDefault();
  });
}

// Returns false when the form is being sent already.
export function begin(form, forgetAfterMs = FORGET_MS) {
  if (sending.has(form)) return false;
  form.setAttribute("aria-busy", "true");
  sending.set(form, setTimeout(() => end(form), forgetAfterMs));
  return true;
}

export function end(form) {
  clearTimeout(sending.get(form));
  sending.delete(form);
  form.removeAttribute("aria-busy");
}

function endAll() {
  for (const form of [...sending.keys()]) end(form);
}

function submitted(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const address = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  if (wasSubmitted(address) || !begin(form)) event.preventDefault();
}

function wasSubmitted(address) {
  const now = Date.now();
  try {
    const last = JSON.parse(sessionStorage.getItem(KEY));
    if (!typed && last?.address === address && now - last.at < DOUBLE_CLICK_MS) return true;
    sessionStorage.setItem(KEY, JSON.stringify({ address, at: now }));
  } catch {
    // No storage: the next page does not know.
  }
  return false;
}

function repeats({ sourceElement, sourceEvent, request }) {
  if (request.method !== "POST" || sourceElement.matches("[data-run-test]")) return false;
  return sourceElement.classList.contains("htmx-request") || (sourceEvent.type === "click" && sourceEvent.detail > 1);
}
