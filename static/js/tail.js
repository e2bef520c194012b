// The log follows what comes: #log-news is a live part (live.js) that says how many rows are new, and a click shows
// them. [data-log-pause] stops that, and keeps it stopped in the address, so that a reload or a change of the filters
// does not start it again. Nothing that is being read moves: what a part asked for by itself before the pause is not
// shown, and what a person asked for, such as another filter, arrives paused.
export function listen() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-log-pause]");
    if (button) {
      chosen = !isPaused(button);
      pause(button, chosen);
    }
    event.target.closest(".log-deliveries .marks")?.closest("tr").querySelector(".row-link").click();
  });
  // The link "3 new" goes away with the rows that it shows: focus follows to the first of them.
  document.addEventListener("htmx:before:request", (event) => {
    shows = Boolean(event.target.closest?.("[data-log-news]"));
    if (!isPaused()) askedWhileOn.add(event.detail.ctx);
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceEvent?.type === "refresh" && askedWhileOn.has(ctx) && isPaused()) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => {
    const button = document.querySelector("[data-log-pause]");
    if (button && chosen !== null && isPaused(button) !== chosen) pause(button, chosen);
    if (!shows || !document.getElementById("log")) return;
    shows = false;
    document.querySelector("#log-rows .row-link")?.focus();
  });
}

let shows = false;
let chosen = null; // what was last clicked on this page: paused or not
const askedWhileOn = new WeakSet(); // requests from before the pause

function isPaused(button = document.querySelector("[data-log-pause]")) {
  return button?.getAttribute("aria-pressed") === "true";
}

function pause(button, paused) {
  button.setAttribute("aria-pressed", String(paused));
  const [from, to] = paused ? ["data-live", "data-live-paused"] : ["data-live-paused", "data-live"];
  for (const part of document.querySelectorAll(`#log[${from}], #log [${from}]`)) {
    part.setAttribute(to, part.getAttribute(from));
    part.removeAttribute(from);
    if (!paused) part.dispatchEvent(new CustomEvent("refresh"));
  }
  const field = document.querySelector("[data-log-paused]");
  if (field) field.disabled = !paused;
  const address = new URL(location.href);
  if (paused) address.searchParams.set("paused", "1");
  else address.searchParams.delete("paused");
  history.replaceState(history.state, "", address);
}
