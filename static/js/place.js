// Saving a draft loads its page anew. This keeps the place of the person's work over it: the cursor, what was scrolled,
// the event that is tested with, and whether its result was seen. For this tab, and for a moment only.
import { runNow, showsResult } from "./auto-run.js";
import { replace, viewOf } from "./editors.js";
import { accept } from "./keep.js";
import { PREFIX } from "./sign-out.js";

const KEY = `${PREFIX}place`;
const MAX_AGE_MS = 30_000;

// Call it when the form was saved and the browser is about to go to `address`.
export function remember(form, address) {
  const view = viewOf(form.querySelector("#field-code"));
  if (!view || new URL(address, location.href).pathname !== location.pathname) return;
  const { payload, event_type } = form.elements;
  const place = {
    at: Date.now(),
    path: location.pathname,
    anchor: view.state.selection.main.head,
    top: view.scrollDOM.scrollTop,
    focused: view.hasFocus,
    event: [event_type?.value, payload?.value],
    ran: showsResult(form),
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(place));
  } catch {
    // Full: the page opens at its top.
  }
}

// Call it when the editors of the page exist.
export function restore() {
  const place = taken();
  const form = document.querySelector("[data-auto-run]")?.closest("form");
  const view = form && viewOf(form.querySelector("#field-code"));
  if (!view || place?.path !== location.pathname || Date.now() - place.at > MAX_AGE_MS) return;
  const { payload, event_type } = form.elements;
  const [type, text] = place.event;
  if (type) event_type.value = type;
  if (text && text !== payload.value) replace(payload, text);
  accept(form);
  view.dispatch({ selection: { anchor: Math.min(place.anchor, view.state.doc.length) } });
  if (place.focused) view.contentDOM.focus({ preventScroll: true });
  view.scrollDOM.scrollTop = place.top;
  if (place.ran) runNow(form);
}

function taken() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    return found;
  } catch {
    return null;
  }
}
