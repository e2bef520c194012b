// Copy buttons: <button data-copy="text" data-label-done="Copied">; <a href data-copy-from="address"> copies what the
// address gives. After copying, the button briefly shows a tick and the word, in its child [data-copy-text], and a
// toast says it. A failure is also told above the button.
import { toast } from "./toasts.js";

const SHOWN_MS = 1600;

export function listen() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-from]");
    if (!button) return;
    if (button.dataset.copy !== undefined) return copyText(button, button.dataset.copy);
    event.preventDefault();
    await copyText(button, await textAt(button.dataset.copyFrom));
  });
}

export async function copyText(button, text) {
  say(button, await copied(text));
}

async function textAt(address) {
  const response = await fetch(address).catch(() => null);
  return response?.ok ? response.text() : null;
}

async function copied(text) {
  if (text === null) return false;
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
  const words = done ? button.dataset.labelDone : (document.getElementById("toasts")?.dataset.copyFailed ?? "✗");
  toast(words, { tone: done ? "good" : "bad", key: "copy" });
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
  }, done ? SHOWN_MS : 3 * SHOWN_MS);
}
