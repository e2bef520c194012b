// <select data-sample-for="#payload"> puts the sample of the chosen event type into that editor. It does not ask before
// replacing an edited payload: one Undo in the editor restores it. Loaded with the first choice.
import { replace } from "./editors.js";

let asking = new AbortController();

export async function load(select) {
  asking.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(`${document.body.dataset.base}/events/${encodeURIComponent(select.value)}/sample.json`, {
      signal: asking.signal,
    });
    if (answer.redirected) return location.reload(); // the session has expired: the reload leads to sign-in and back
    if (answer.ok) replace(document.querySelector(select.dataset.sampleFor), indented(await answer.text()));
  } catch (error) {
    if (error.name !== "AbortError") console.warn("The sample could not be fetched:", error);
  }
}

// Leaves text with line breaks as it is: parsing and serialising would change numbers such as 1.0.
const indented = (text) => (text.trim().includes("\n") ? text : JSON.stringify(JSON.parse(text), null, 2));
