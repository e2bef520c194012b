// Toasts: short sentences about what was done, in #toasts, a polite live region. They take no focus, stay long enough
// to be read (while the pointer or the focus is on them, as long as that), and can be closed. What failed stays until
// it is closed. `toast(text, {tone: "good" | "bad", key, action: {label, run}})`; a toast with the key of another one
// replaces it. The sentence after a redirect (ui.flash) arrives as HTML; it becomes a toast, with what it offers, such
// as Undo.
const READ_MS = 6000;
const A_LETTER_MS = 60;
const TO_ACT_MS = 30_000;
const MOST = 4;

export function listen() {
  addEventListener("keydown", (event) => {
    const within = event.key === "Escape" && event.target.closest?.(".toast");
    if (within) close(within);
  });
  forgetInAddress();
}

export function upgrade(root) {
  for (const flash of root.querySelectorAll("#content > .flash.good")) {
    flash.removeAttribute("role"); // the live region announces it
    put(flash);
  }
}

export function toast(text, { tone = "good", key, action } = {}) {
  const region = document.getElementById("toasts");
  if (!region) return;
  const shown = key && region.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const made = region.querySelector(`template[data-tone="${tone}"]`).content.firstElementChild.cloneNode(true);
  made.querySelector("span").textContent = text;
  if (key) made.dataset.key = key;
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action.label });
    button.className = "button plain small";
    button.addEventListener("click", () => {
      close(made);
      action.run();
    });
    made.append(button);
  }
  shown?.remove();
  put(made);
}

function put(element) {
  const region = document.getElementById("toasts");
  if (!region) return;
  element.classList.add("toast");
  const button = region.querySelector("template[data-close]").content.firstElementChild.cloneNode(true);
  button.addEventListener("click", () => close(element));
  element.append(button);
  region.append(element);
  for (const old of [...region.querySelectorAll(".toast")].slice(0, -MOST)) old.remove();
  if (!element.classList.contains("bad")) closeLater(element);
}

// The clock stands still while somebody points at it or is in it, and while the tab is not looked at.
function closeLater(element) {
  const acts = element.querySelectorAll("button, a").length > 1;
  let left = acts ? TO_ACT_MS : READ_MS + A_LETTER_MS * element.textContent.trim().length;
  const STEP_MS = 250;
  const clock = setInterval(() => {
    if (!element.isConnected) return clearInterval(clock);
    if (document.hidden || element.matches(":hover, :focus-within")) return;
    left -= STEP_MS;
    if (left <= 0) close(element);
  }, STEP_MS);
}

function close(element) {
  const had = element.contains(document.activeElement);
  element.remove();
  if (had) document.getElementById("content")?.focus({ preventScroll: true });
}

// Neither a reload nor a shared link shows the sentence again. Without scripts its code stays, which does no harm.
function forgetInAddress() {
  const here = new URL(location);
  if (!here.searchParams.has("said")) return;
  for (const name of ["said", "undo"]) here.searchParams.delete(name);
  history.replaceState(history.state, "", here);
}
