// Forms that are kept (see keep.js) are sent by script, so that a connection that is lost loses nothing: the page
// stays, says what happened and offers to try again. What the server answers:
//   204 with HX-Redirect              saved: go there
//   401, or a redirect to sign-in     sign in, then come back to what was typed
//   any other page                    it was refused: its content takes the place of this page's, with what was typed
// Run test goes through htmx; where that finds no connection, the result's place says so.
import { forget, isChanged, noteAll, resume, showNotice } from "./keep.js";
import { release } from "./unsaved.js";

const TIMEOUT_MS = 30_000;
const FORM_AGAIN = [200, 409, 422]; // the answer is the form, with what was typed and what is in its way
const sending = new WeakSet();

export function listen() {
  document.addEventListener("submit", submitted);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-try-again]");
    if (button) tryAgain(button);
  });
  document.addEventListener("htmx:error", (event) => testFailed(event));
}

function submitted(event) {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (!form.matches("form[data-keep]")) return leaveOthers(form);
  if (event.submitter?.hasAttribute("hx-post")) return;
  event.preventDefault();
  if (!sending.has(form)) send(form, event.submitter);
}

// Another form of the page is sent, such as Rotate beside an Advanced form that is half filled in: it comes back on
// the next page.
function leaveOthers(form) {
  if (form.method !== "post") return;
  for (const other of document.querySelectorAll("form[data-keep]")) {
    if (other !== form && isChanged(other)) resume(other);
  }
}

async function send(form, button) {
  sending.add(form);
  const body = new URLSearchParams(new FormData(form, button));
  const address = button?.getAttribute("formaction") ?? form.getAttribute("action");
  noteAll();
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, {
      method: "POST",
      body,
      headers: { "HX-Request": "true", Accept: "text/html" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await receive(form, answer, button);
  } catch (error) {
    if (!["TypeError", "TimeoutError", "AbortError"].includes(error.name)) throw error;
    ask(form, showNotice(form, "lost"), button);
  } finally {
    form.removeAttribute("aria-busy");
    sending.delete(form);
  }
}

async function receive(form, answer, button) {
  const target = answer.headers.get("HX-Redirect");
  if (answer.status === 401 || target?.startsWith("/login")) return signIn(form, target);
  if (target) {
    forget(form);
    leaveOthers(form);
    release();
    return location.assign(target);
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (FORM_AGAIN.includes(answer.status)) return show(page);
  const reason = page.querySelector("[data-error-sentence]")?.textContent ?? `HTTP ${answer.status}`;
  ask(form, showNotice(form, "failed", { reason }), button);
}

function signIn(form, target) {
  resume(form);
  release();
  const login = new URL(target ?? "/login", location.href);
  login.searchParams.set("next", location.pathname + location.search);
  login.searchParams.set("why", "expired");
  location.assign(login);
}

// The refused page's content, in place. What was typed stands in it; the scripts set it up as they do for a new page.
function show(page) {
  const content = document.getElementById("content");
  content.replaceChildren(...page.getElementById("content").childNodes);
  htmx.process(content);
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
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
  const button = event.target.closest?.("[data-run-test]");
  const place = button && document.querySelector(button.getAttribute("hx-target"));
  const notice = place &&
    document.querySelector('template[data-keep-notice="test-lost"]')?.content.firstElementChild.cloneNode(true);
  if (!notice) return;
  place.replaceChildren(notice);
  again.set(notice.querySelector("[data-try-again]"), () => button.click());
}
