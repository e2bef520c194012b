// Copy buttons: <button data-copy="text" data-label-done="Copied">. A child [data-copy-text] shows the word for a moment;
// a button that is only an icon tells it by its accessible name.
const SHOWN_MS = 1600;

export function listen() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await copy(button.dataset.copy);
    say(button);
  });
}

async function copy(text) {
  // Outside a secure context (a plain http address other than localhost) there is no clipboard API.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function say(button) {
  if ("labelBefore" in button.dataset) return;
  const word = button.querySelector("[data-copy-text]");
  const before = word ? word.textContent : button.getAttribute("aria-label");
  const show = (text) => (word ? (word.textContent = text) : button.setAttribute("aria-label", text));
  button.dataset.labelBefore = before;
  show(button.dataset.labelDone);
  setTimeout(() => {
    show(before);
    delete button.dataset.labelBefore;
  }, SHOWN_MS);
}
