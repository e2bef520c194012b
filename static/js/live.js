// Live pages. <div data-live="endpoint:ep_1" hx-get="…" hx-trigger="refresh" hx-target="this" hx-swap="outerMorph"> fetches itself
// anew when something about that topic changed. One stream a page, GET /live: each unnamed event's data is the topics that
// changed, separated by spaces ("source:src_1 message:msg_1"), of those that the page asked for, at most twice a second.
// A page in the background lets go of the stream (browsers allow few connections) and catches up when it is back. It also
// catches up when the stream opens first: what happened while the page travelled here was told to nobody.
const PAUSE_MS = 50;

let stream = null;
let timer = null;
const due = new Set();

const parts = () => [...document.querySelectorAll("[data-live]")];

export function listen() {
  htmx.registerExtension("folds", { htmx_before_morph_attr: leavesFolds });
  document.addEventListener("visibilitychange", connect);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  if (parts().length) connect();
}

function connect() {
  if (document.hidden || !parts().length) return close();
  if (stream) return;
  stream = new EventSource(`/live?${new URLSearchParams(parts().map((part) => ["topic", part.dataset.live]))}`);
  stream.addEventListener("open", () => parts().forEach(refreshSoon));
  stream.addEventListener("message", (event) => {
    const topics = event.data.split(" ");
    for (const part of parts()) if (topics.includes(part.dataset.live)) refreshSoon(part);
  });
}

// What somebody folded or unfolded stays so; the server knows only how it was at first.
const leavesFolds = (element, { attrName }) => !(attrName === "open" && element.matches("details"));

function close() {
  stream?.close();
  stream = null;
}

function refreshSoon(part) {
  due.add(part.dataset.live);
  timer ??= setTimeout(() => {
    timer = null;
    const topics = new Set(due);
    due.clear();
    for (const each of parts()) if (topics.has(each.dataset.live)) each.dispatchEvent(new CustomEvent("refresh"));
  }, PAUSE_MS);
}
