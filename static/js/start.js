// <button data-start-from="#field-code" formaction="…">: puts one of the card's samples into the editor. Undo, in the
// editor or by the button that appears, restores the old text. Without scripts the button submits the form.
import { replace } from "./editors.js";

export function listen() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-start-from]");
    if (!button) return;
    event.preventDefault();
    start(button);
  });
}

async function start(button) {
  const area = document.querySelector(button.dataset.startFrom);
  const body = new URLSearchParams(new FormData(button.form, button));
  const status = button.closest("[role=group]").querySelector("[data-start-status]");
  try {
    const answer = await fetch(button.getAttribute("formaction").split("#")[0], {
      method: "POST",
      body,
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", Accept: "text/html" },
    });
    const signIn = answer.headers.get("HX-Redirect");
    if (signIn) return location.assign(signIn); // the session has expired; the input is kept (see keep.js)
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const code = page.querySelector(button.dataset.startFrom);
    if (!answer.ok || !code) throw new TypeError(`HTTP ${answer.status}`);
    put(area, code.value, status);
  } catch {
    show(status, "lost");
  }
}

function put(area, text, status) {
  const before = area.value;
  if (before === text) return;
  replace(area, text);
  const notice = show(status, "replaced");
  notice.querySelector("button").addEventListener("click", () => {
    replace(area, before);
    status.replaceChildren();
    area.focus();
  });
}

function show(status, name) {
  const notice = status.querySelector(`template[data-start-notice="${name}"]`) ??
    document.querySelector(`template[data-start-notice="${name}"]`);
  const copy = notice.content.firstElementChild.cloneNode(true);
  status.replaceChildren(copy);
  return copy;
}
