// Signing out deletes what this browser keeps of unsaved input (see keep.js), from any page.
export const PREFIX = "kept:";

export function listen() {
  document.addEventListener("submit", (event) => forgetsAll(event.target) && forgetAll());
}

export const forgetsAll = (form) => form.getAttribute("action") === "/logout";

function forgetAll() {
  for (const where of [sessionStorage, localStorage]) {
    for (const key of Object.keys(where)) if (key.startsWith(PREFIX)) where.removeItem(key);
  }
}
