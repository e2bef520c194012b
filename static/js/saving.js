// Submits forms with data-keep (see keep.js) by script, so that a lost connection loses no input: the page stays, says
// what happened and offers to try again. The server's responses:
//   204 with HX-Redirect              saved: go there
//   401, or a redirect to sign-in     sign in, then return to the form with the input. After signing out in another
//                                     tab, which keeps no input, the page stays
//   any other page                    refused: its content, which includes the input, replaces this page's content
// A button with data-changes-card="/test/endpoints/new?card=slack" responds with the form of another card, which
// replaces this one in the same way; the attribute is the address of that form when nothing is typed.
// Ctrl/⌘+S clicks the form's [data-save]. A form that only creates something keeps its input in this browser instead
// and says so in its [data-kept-line="…"].
// Run test goes through htmx; without a connection, a message appears in place of the result.
import { begin, end } from "./double-clicks.js";
import { forget, isChanged, learn, noteAll, resume, showNotice } from "./keep.js";
import { forgetsAll, isOver } from "./sign-out.js";
import { follow, release, releaseKept } from "./unsaved.js";

const TIMEOUT_MS = 30_000;
const FORM_AGAIN = [200, 409, 422]; // the response is the form with the input and its problems

export function listen() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-try-again]");
    if (button) tryAgain(button);
  });
  document.addEventListener("htmx:error", (event) => testFailed(event));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (!event.defaultPrevented && saveByKey(event.target.closest("form"))) event.preventDefault();
  });
}

// Returns whether the form knows what to do.
export function saveByKey(form) {
  const button = form?.querySelector("[data-save]");
  const line = form?.querySelector("[data-kept-line]");
  if (button) button.click();
  else if (line) {
    noteAll();
    line.textContent = "";
    setTimeout(() => (line.textContent = line.dataset.keptLine));
  }
  return Boolean(button ?? line);
}

function submitted(event) {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (!form.matches("form[data-keep]")) return leaveOthers(form);
  if (event.submitter?.hasAttribute("hx-post")) return;
  event.preventDefault();
  send(form, event.submitter);
}

// Another form of the page is submitted, such as Rotate beside a half-filled Advanced form. The next page restores the
// input of the forms that were not.
function leaveOthers(form) {
  if (form.method !== "post") return;
  for (const other of document.querySelectorAll("form[data-keep]")) {
    if (other === form || !isChanged(other)) continue;
    resume(other);
    if (!forgetsAll(form)) releaseKept(other);
  }
}

async function send(form, button) {
  if (!begin(form, TIMEOUT_MS)) return;
  let leaves = false;
  const body = new URLSearchParams(new FormData(form, button));
  const address = button?.getAttribute("formaction") ?? form.getAttribute("action");
  noteAll();
  const fresh = button?.dataset.changesCard;
  try {
    if (fresh) await learn(fresh);
    const answer = await fetch(address, {
      method: "POST",
      body,
      headers: { "HX-Request": "true", Accept: "text/html" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    leaves = await receive(form, answer, button);
  } catch (error) {
    if (!["TypeError", "TimeoutError", "AbortError"].includes(error.name)) throw error;
    ask(form, showNotice(form, "lost"), button);
  } finally {
    if (!leaves) end(form);
  }
}

// Returns whether the browser goes to another page.
async function receive(form, answer, button) {
  const target = answer.headers.get("HX-Redirect");
  if (answer.status === 401 || target?.startsWith("/login")) {
    if (isOver()) {
      ask(form, showNotice(form, "signed-out"), button);
      return false;
    }
    signIn(form, target);
    return true;
  }
  if (target) {
    if (form.querySelector("[data-auto-run]")) (await import("./place.js")).remember(form, target);
    forget(form);
    leaveOthers(form);
    release();
    location.assign(target);
    return true;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (FORM_AGAIN.includes(answer.status)) {
    if (button?.dataset.changesCard && answer.ok && isChanged(form)) resume(form);
    show(page, answer.status === 422);
    if (!document.querySelector(`form[data-keep="${CSS.escape(form.dataset.keep)}"]`)) arrive(page);
    if (button?.dataset.changesCard && answer.ok) cardChanged(button.dataset.changesCard);
    return false;
  }
  const reason = page.querySelector("[data-error-sentence]")?.textContent ?? `HTTP ${answer.status}`;
  ask(form, showNotice(form, "failed", { reason }), button);
  return false;
}

function signIn(form, target) {
  resume(form);
  release();
  const login = new URL(target ?? "/login", location.href);
  login.searchParams.set("next", location.pathname + location.search);
  login.searchParams.set("why", "expired");
  location.assign(login);
}

// Shows the refused page's content in place. It contains the input; the scripts set it up like a new page. The result
// of the last test stays when nothing but the refusal is new: the server does not run the code again.
function show(page, keepsResult) {
  const content = document.getElementById("content");
  const result = keepsResult ? document.querySelector("#test-result:has([data-run-outcome])") : null;
  content.replaceChildren(...page.getElementById("content").childNodes);
  const place = document.querySelector("#test-result:not(:has([data-run-outcome]))");
  if (result) place?.replaceChildren(...result.childNodes);
  htmx.process(content);
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
}

// The response is another page, such as the form of a test case, and not this form again: it is read from its top.
function arrive(page) {
  document.title = page.title;
  scrollTo(0, 0);
}

// A reload shows the chosen card too, and the focus is where it was.
function cardChanged(address) {
  history.replaceState(history.state, "", address);
  const form = document.querySelector("form[data-keep-carried]");
  if (form) follow(form);
  document.querySelector("[data-card-picker] summary")?.focus({ preventScroll: true });
}

function ask(form, notice, button) {
  if (!notice) return;
  again.set(notice.querySelector("[data-try-again]"), () => send(form, button));
  notice.scrollIntoView({ block: "nearest" });
  notice.querySelector("[data-try-again]").focus();
}

const again = new WeakMap();

function tryAgain(button) {
  const notice = button.closest("[data-kept], [data-lost]");
  const act = again.get(button);
  notice?.remove();
  act?.();
}

function testFailed(event) {
  const button = event.target.closest?.("[data-run-test], [data-send-test], [data-check-credentials]");
  const place = button && document.querySelector(button.getAttribute("hx-target"));
  const notice = place &&
    document.querySelector('template[data-keep-notice="test-lost"]')?.content.firstElementChild.cloneNode(true);
  if (!notice) return;
  place.replaceChildren(notice);
  again.set(notice.querySelector("[data-try-again]"), () => button.click());
}
