// The palette: ⌘K or Ctrl+K, or the search link of the sidebar (data-palette), opens #palette. Its results are those of
// the search page, asked for while typing; arrow keys choose one, Enter follows it, Esc closes. The page that opened it
// keeps its focus and its input.
const DELAY_MS = 120;

let asked = 0;
let timer = null;

const dialog = () => document.getElementById("palette");
const box = () => dialog().querySelector("input");
const list = () => document.getElementById("palette-results");
const options = () => [...list().querySelectorAll("[data-result]")];
const chosen = () => list().querySelector("[aria-selected=true]");

export function listen() {
  if (!dialog()) return;
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  if (apple) { for (const key of document.querySelectorAll("[data-palette] kbd")) key.textContent = "⌘K"; }
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || event.shiftKey || event.altKey) return;
    if (apple ? !event.metaKey : !event.ctrlKey) return;
    event.preventDefault();
    dialog().open ? dialog().close() : open();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    opener.closest("[popover]:popover-open")?.hidePopover();
    open();
  });
  dialog().addEventListener("click", (event) => {
    if (event.target === dialog() || event.target.closest("[data-palette-close]")) dialog().close();
  });
  dialog().addEventListener("keydown", steer);
  dialog().addEventListener("close", () => (box().ariaExpanded = "false"));
  box().addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, DELAY_MS);
  });
  list().addEventListener("pointermove", (event) => {
    const option = event.target.closest("[data-result]");
    if (option && option !== chosen()) choose(option);
  });
}

function open() {
  dialog().showModal();
  box().select();
  search();
}

function steer(event) {
  if (event.isComposing) return;
  const all = options();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && all.length) {
    event.preventDefault();
    choose(all[(all.indexOf(chosen()) + step + all.length) % all.length], true);
  } else if (event.key === "Enter" && event.target === box()) {
    event.preventDefault();
    follow(event);
  }
}

// Results may be on their way: Enter waits for those of the text that is in the box.
async function follow(event) {
  if (timer || list().dataset.text !== box().value) await search();
  const option = chosen();
  if (!option) return;
  if (event.ctrlKey || event.metaKey) return void window.open(option.href, "_blank", "noopener");
  dialog().close();
  option.click();
}

async function search() {
  clearTimeout(timer);
  timer = null;
  const [text, turn] = [box().value, ++asked];
  const address = `${box().form.action}?${new URLSearchParams({ q: text })}`;
  let html = null;
  try {
    const response = await fetch(address, { headers: { "HX-Request-Type": "partial" } });
    if (response.redirected) return void location.reload(); // the session has ended
    if (response.ok) html = await response.text();
  } catch { /* no connection: said below */ }
  if (turn === asked) show(html, text);
}

function show(html, text) {
  const { one, many, none, failed } = dialog().dataset;
  if (html !== null) list().innerHTML = html;
  else list().replaceChildren();
  list().dataset.text = text;
  dress();
  htmx.process(list());
  document.dispatchEvent(new CustomEvent("htmx:after:swap"));
  const all = options();
  list().setAttribute("role", all.length ? "listbox" : "group"); // a sentence with a link is no list of options
  box().ariaExpanded = String(all.length > 0);
  if (all.length) choose(all[0]);
  else box().removeAttribute("aria-activedescendant");
  const words = all.length === 1 ? one : all.length ? many : none;
  const status = dialog().querySelector("[data-palette-status]");
  status.textContent = html === null ? failed : words.replace("{count}", all.length);
  if (html === null) list().textContent = failed;
}

// The page's sections become groups of a listbox.
function dress() {
  for (const section of list().querySelectorAll("section")) {
    section.setAttribute("role", "group");
    for (const each of section.querySelectorAll("ul, li")) each.setAttribute("role", "presentation");
    const heading = section.querySelector("h2");
    heading.id = `palette-${heading.id}`;
    section.setAttribute("aria-labelledby", heading.id);
    heading.setAttribute("role", "presentation");
  }
  options().forEach((option, index) => {
    option.id = `palette-result-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("tabindex", "-1");
    option.ariaSelected = "false";
  });
}

function choose(option, scroll = false) {
  if (chosen()) chosen().ariaSelected = "false";
  option.ariaSelected = "true";
  box().setAttribute("aria-activedescendant", option.id);
  if (scroll) option.scrollIntoView({ block: "nearest" });
}
