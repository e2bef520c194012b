// Copy buttons: <button data-copy="text" data-label-done="Copied">. After copying, the button briefly shows a tick and
// the word, in its child [data-copy-text] or above the button, and a status line announces it to screen readers. A
// failure is shown and announced, too.
const SHOWN_MS = 1600;

export function listen() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    say(button, await copied(button.dataset.copy));
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Outside a secure context (plain http except on localhost) the clipboard API is missing or denied.
    return copiedByHand(text);
  }
}

function copiedByHand(text) {
  const focused = document.activeElement;
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}

function say(button, done) {
  const status = document.getElementById("copy-status");
  const words = done ? button.dataset.labelDone : (status?.dataset.failed ?? "✗");
  if (status) status.textContent = words;
  clearTimeout(button.copyTimer);
  const word = button.querySelector("[data-copy-text]");
  button.copyBefore ??= word?.textContent;
  if (word && done) word.textContent = words;
  button.dataset.copied = done ? "done" : "failed";
  button.dataset.note = words;
  button.copyTimer = setTimeout(() => {
    if (word) word.textContent = button.copyBefore;
    delete button.copyBefore;
    delete button.dataset.copied;
    delete button.dataset.note;
    if (status) status.textContent = "";
  }, done ? SHOWN_MS : 3 * SHOWN_MS);
}
