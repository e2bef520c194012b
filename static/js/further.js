// A search of the log that found too little in its first moment ([data-further]: the address where it goes on) goes on
// by itself: rows are added below those that are there, and the page says how far it came, until it is full, everything
// was searched, the time is up, or somebody stops it ([data-further-stop]). Then the link goes on.
const PAGE = 50; // rows of a page, as in server/store/logs.py
const PAUSE_MS = 100;
const MAX_MS = 120_000;

let run = null; // the search under way

export function listen() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-further-stop]")) end();
  });
}

export function upgrade() {
  const mark = document.querySelector("[data-further]");
  if (!mark || mark.dataset.stopped || run?.at === mark.dataset.further) return;
  run?.abort.abort();
  search(run = { at: mark.dataset.further, abort: new AbortController(), until: Date.now() + MAX_MS });
}

async function search(mine) {
  say("working");
  while (run === mine && shown() < PAGE && Date.now() < mine.until) {
    const mark = document.querySelector("[data-further]");
    if (mark?.dataset.further !== mine.at) break;
    busy(mark, true);
    const more = await fetched(mine);
    if (run !== mine || !mark.isConnected || mark.dataset.further !== mine.at) return;
    if (!more) break;
    merge(more);
    mine.at = document.querySelector("[data-further]")?.dataset.further;
    if (!mine.at) break;
    busy(document.querySelector("[data-further]"), true);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  if (run === mine) end();
}

const table = () => document.querySelector("#log-rows tbody");
const shown = () => table()?.rows.length ?? 0;

async function fetched(mine) {
  const address = new URL(mine.at, location.href);
  const older = new URL(location.href).searchParams.has("before"); // newer pages may have rows
  address.searchParams.set("shown", shown() || Number(older));
  try {
    const response = await fetch(address, { headers: { "HX-Request-Type": "partial" }, signal: mine.abort.signal });
    if (response.redirected) return void location.reload(); // the session has ended
    if (!response.ok) return null;
    return new DOMParser().parseFromString(await response.text(), "text/html").getElementById("log-found");
  } catch {
    return null; // no connection, or stopped: the link goes on
  }
}

function merge(more) {
  const now = document.getElementById("log-found");
  const rows = more.querySelector("#log-rows tbody");
  const atTheNewest = !now.querySelector("[rel=prev]");
  if (atTheNewest) more.querySelector("[rel=prev]")?.remove();
  if (!table()) return put(now, [...more.childNodes]);
  if (rows) table().append(...rows.rows);
  for (const old of now.querySelectorAll(":scope > .searched, :scope > .pagination")) old.remove();
  put(now, [...more.querySelectorAll(":scope > .searched, :scope > .pagination")], rows?.rows.length);
}

function put(now, parts) {
  if (table()) now.append(...parts);
  else now.replaceChildren(...parts);
  const nav = now.querySelector(".pagination");
  if (nav && !nav.querySelector("a")) nav.remove();
  htmx.process(now);
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
}

function end() {
  run?.abort.abort();
  run = null;
  const mark = document.querySelector("[data-further]");
  if (mark) {
    mark.dataset.stopped = "1";
    const focused = mark.contains(document.activeElement);
    busy(mark, false);
    if (focused) mark.querySelector("a").focus();
  }
  say("done");
}

function busy(mark, now) {
  mark.querySelector("a").hidden = now;
  mark.querySelector("[data-further-stop]").hidden = !now;
}

function say(what) {
  const status = document.querySelector("[data-further-status]");
  if (status) status.textContent = status.dataset[what];
}
