// The drop-down of integration cards (ui.card_picker): with scripts it is a combobox. The focus stays in the search
// box, typing filters, arrows, Home and End move, Enter chooses, Escape closes (menus.js). Without scripts it is a list
// of submit buttons.
const shown = (option) => !option.closest("li").hidden;

export function upgrade(root) {
  for (const picker of root.querySelectorAll("[data-card-picker]:not([data-ready])")) arrange(picker);
}

function arrange(picker) {
  picker.dataset.ready = "";
  const search = picker.querySelector("[data-card-search]");
  const list = picker.querySelector("[data-card-list]");
  const options = [...list.querySelectorAll("[data-card-option]")];
  const current = options.find((option) => option.hasAttribute("aria-current"));
  let active = null;

  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", list.dataset.label);
  for (const group of list.querySelectorAll("[data-card-group]")) {
    group.setAttribute("role", group.dataset.label ? "group" : "presentation");
    if (group.dataset.label) group.setAttribute("aria-label", group.dataset.label);
    group.querySelector("[data-card-group-title]")?.setAttribute("aria-hidden", "true");
    for (const part of group.querySelectorAll("ul, li")) part.setAttribute("role", "presentation");
  }
  for (const option of options) {
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.tabIndex = -1;
  }

  function activate(option) {
    active?.setAttribute("aria-selected", "false");
    active = option ?? null;
    active?.setAttribute("aria-selected", "true");
    if (active) search.setAttribute("aria-activedescendant", active.id);
    else search.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  }

  function filter() {
    const words = folded(search.value).split(/\s+/).filter(Boolean);
    const matches = options.filter((option) => words.every((word) => option.dataset.cardWords.includes(word)));
    // When nothing matches, the card that takes any URL stays.
    const kept = matches.length ? matches : options.filter((option) => option.value === "webhook");
    for (const option of options) option.closest("li").hidden = !kept.includes(option);
    for (const group of list.querySelectorAll("[data-card-group]")) {
      group.hidden = !kept.some((option) => group.contains(option));
    }
    picker.querySelector("[data-card-none]").hidden = matches.length > 0;
    const count = picker.querySelector("[data-card-count]");
    count.textContent = matches.length
      ? count.dataset.text.replace("{count}", String(matches.length))
      : count.dataset.textNone;
    list.scrollTop = 0;
    activate(words.length ? best(kept, words[0]) : current ?? kept[0]);
  }

  picker.addEventListener("toggle", () => {
    if (!picker.open) return;
    search.value = "";
    filter();
    search.focus();
  });
  picker.querySelector("summary").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || picker.open) return;
    event.preventDefault();
    picker.open = true;
  });
  picker.querySelector("[data-card-close]").addEventListener("click", () => {
    picker.open = false;
    picker.querySelector("summary").focus();
  });
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // Enter and arrows belong to the input method
    const visible = options.filter(shown);
    const at = visible.indexOf(active);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: visible.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      activate(visible.at(next % visible.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      active?.click();
    }
  });
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[data-card-option]");
    if (option && option !== active) activate(option);
  });
}

// A title that begins with what was typed comes before one that contains it, and before a summary that does.
function best(options, word) {
  const title = (option) => folded(option.querySelector("strong").textContent);
  return options.find((option) => title(option).startsWith(word)) ??
    options.find((option) => title(option).includes(word)) ?? options[0];
}

const folded = (text) => text.normalize("NFKC").toLowerCase();
