// Live pages. <div data-live="endpoint:ep_1" hx-get="…" hx-trigger="refresh" hx-target="this" hx-swap="outerMorph">
// fetches itself again when something about that topic changes; spaces separate several topics. Each page opens one
// stream, GET /test/changes: the data of each unnamed event is the changed topics, separated by spaces ("source:src_1
// message:msg_1"), of those that the page asked for, at most twice a second. When a fetched part has new topics, the
// stream reconnects. A page in the background closes its stream (browsers allow few connections) and refreshes
// everything when it is visible again. It also refreshes when the stream first opens, since changes while the page was
// loading were not reported.
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
  stream.addEventListener("replaced", close); // newer pages took its place; this one reconnects when it becomes visible
  stream.addEventListener("message", (event) => refreshSoon(event.data.split(" ")));
}

// Keeps what a person folded or unfolded; the server knows only the initial state.
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
