// Live pages. <div data-live="endpoint:ep_1" hx-get="…" hx-trigger="refresh" hx-target="this" hx-swap="outerMorph">
// fetches itself anew when something about that topic changed; several topics have spaces between them. One stream a
// page, GET /test/changes: each unnamed event's data is the topics that changed, separated by spaces ("source:src_1
// message:msg_1"), of those that the page asked for, at most twice a second. When a part that was fetched asks for
// more, the stream begins anew. A page in the background lets go of the stream (browsers allow few connections) and
// catches up when it is back. It also catches up when the stream opens first: what happened while the page travelled
// here was told to nobody.
const PAUSE_MS = 50;

let stream = null;
let asked = new Set();
let timer = null;
const due = new Set();

const parts = () => [...document.querySelectorAll("[data-live]")];
const topics = (part) => part.dataset.live.split(" ");

export function listen() {
  htmx.registerExtension("folds", { htmx_before_morph_attr: leavesFolds });
  document.addEventListener("visibilitychange", connect);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  if (parts().length) connect();
}

export function upgrade() {
  if (!stream || parts().flatMap(topics).every((topic) => asked.has(topic))) return;
  close();
  connect();
}

function connect() {
  if (document.hidden || !parts().length) return close();
  if (stream) return;
  asked = new Set(parts().flatMap(topics));
  stream = new EventSource(
    `${document.body.dataset.base}/changes?${new URLSearchParams([...asked].map((topic) => ["topic", topic]))}`,
  );
  stream.addEventListener("open", () => refreshSoon(parts().flatMap(topics)));
  stream.addEventListener("replaced", close); // newer pages took its place; this one connects when it is looked at
  stream.addEventListener("message", (event) => refreshSoon(event.data.split(" ")));
}

// What somebody folded or unfolded stays so; the server knows only how it was at first.
const leavesFolds = (element, { attrName }) => !(attrName === "open" && element.matches("details"));

function close() {
  stream?.close();
  stream = null;
}

function refreshSoon(changed) {
  for (const topic of changed) due.add(topic);
  timer ??= setTimeout(() => {
    timer = null;
    const told = parts().filter((part) => topics(part).some((topic) => due.has(topic)));
    due.clear();
    for (const part of told) part.dispatchEvent(new CustomEvent("refresh"));
  }, PAUSE_MS);
}
