// Signing out deletes what this browser keeps of unsaved input (see keep.js), in all its tabs and from any page.
// It is deliberate: the next person at this machine must not find any input.
//   Only a tab itself can empty its sessionStorage. The page after signing out ([data-forgets-typed]) therefore leaves
//     a mark in localStorage, and each tab empties its own when it finds a mark that it has not seen.
//   A page that was open before the mark was left keeps nothing any more: `isOver()`.
export const PREFIX = "kept:";
const MARK = "signed-out";

const known = mark(localStorage);

export function listen() {
  document.addEventListener("submit", (event) => forgetsAll(event.target) && forgetAll());
  addEventListener("storage", ({ key }) => key === MARK && forgetHere());
  if (document.querySelector("[data-forgets-typed]")) leaveMark();
  if (mark(sessionStorage) !== mark(localStorage)) forgetHere();
}

export const forgetsAll = (form) => form.getAttribute("action") === "/logout";

// Whether somebody signed out in another tab since this page was opened.
export const isOver = () => mark(localStorage) !== known;

function leaveMark() {
  forgetAll();
  put(localStorage, String(Date.now()));
}

function forgetHere() {
  forget(sessionStorage);
  put(sessionStorage, mark(localStorage));
}

function forgetAll() {
  forget(sessionStorage);
  forget(localStorage);
}

function forget(where) {
  for (const key of Object.keys(where)) if (key.startsWith(PREFIX)) where.removeItem(key);
}

function mark(where) {
  return where.getItem(MARK) ?? "";
}

function put(where, value) {
  try {
    where.setItem(MARK, value);
  } catch {
    // Full of something else: the tab empties its sessionStorage again when its next page opens.
  }
}
