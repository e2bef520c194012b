// <input data-hint="hint-url">: asks the server what a typed value is, after a pause, and shows its answer in that
// element, which is beside the field. A pasted value is looked at as a whole and at once; one that is being typed is
// not held against the pattern of complete ones. Without scripts the form says the same when it is sent.
const PAUSE_MS = 500;

const timers = new WeakMap(); // input → the pause
const asking = new WeakMap(); // input → the request under way

export function listen() {
  document.addEventListener("input", (event) => {
    const input = event.target.closest?.("[data-hint]");
    if (input) soon(input, event.inputType === "insertFromPaste");
  });
  document.addEventListener("change", (event) => {
    const input = event.target.closest?.("[data-hint]");
    if (input && asked.get(input) !== input.value) ask(input, false);
  });
}

export function upgrade(root) {
  for (const input of root.querySelectorAll("[data-hint]:not([data-ready])")) {
    input.dataset.ready = "";
    const described = input.getAttribute("aria-describedby");
    input.setAttribute("aria-describedby", described ? `${described} ${input.dataset.hint}` : input.dataset.hint);
    asked.set(input, input.value);
  }
}

const asked = new WeakMap(); // input → the value of which the answer shows everything

function soon(input, pasted) {
  clearTimeout(timers.get(input));
  asking.get(input)?.abort();
  if (!input.value) return show(input, "");
  timers.set(input, setTimeout(() => ask(input, !pasted), pasted ? 0 : PAUSE_MS));
}

async function ask(input, typing) {
  clearTimeout(timers.get(input));
  asking.get(input)?.abort();
  const request = new AbortController();
  asking.set(input, request);
  const { value } = input;
  if (!typing) asked.set(input, value);
  const slot = document.getElementById(input.dataset.hint);
  if (!value || !slot) return;
  const body = new URLSearchParams({ card: slot.dataset.card, field: input.name, value });
  if (typing) body.set("typing", "on");
  if ("editing" in slot.dataset) body.set("editing", "on");
  try {
    const answer = await fetch(`${document.body.dataset.base}/endpoints/hint`, {
      method: "POST",
      body,
      signal: request.signal,
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", Accept: "text/html" },
    });
    if (answer.status === 200 && !answer.headers.has("HX-Redirect")) show(input, await answer.text());
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // a lost connection: no hint
  }
}

function show(input, html) {
  const slot = document.getElementById(input.dataset.hint);
  if (!slot) return;
  const found = new DOMParser().parseFromString(html, "text/html").body;
  if (slot.textContent.trim() === found.textContent.trim()) return; // read out once
  slot.replaceChildren(...found.childNodes);
}
