// Tabs within a page (ui.tabs): turns links to sections into ARIA tabs; arrow keys, Home and End move between them.
// A panel opens automatically when it contains an invalid field, or when the address or a link names it.
// <div data-tabs data-panes-from="1200px">: from that width on, a panel with data-tab-pane is not a tab but a region
// that stays beside the others.
export function upgrade(root) {
  for (const tabbed of root.querySelectorAll("[data-tabs]:not([data-ready])")) arrange(tabbed);
}

// Opens the panels around an element, outermost first, so that it can be seen.
export function bringToFront(element) {
  const panel = element.closest("[data-tab-panel]");
  if (!panel) return;
  bringToFront(panel.parentElement);
  if (panel.hidden) document.querySelector(`[role="tab"][aria-controls="${CSS.escape(panel.id)}"]`)?.click();
}

function arrange(tabbed) {
  const list = tabbed.querySelector("[data-tab-list]");
  const all = [...list.querySelectorAll("a")];
  const panel = (tab) => document.getElementById(tab.hash.slice(1));
  const wide = tabbed.dataset.panesFrom ? matchMedia(`(min-width: ${tabbed.dataset.panesFrom})`) : { matches: false };
  const isPane = (tab) => wide.matches && panel(tab).hasAttribute("data-tab-pane");
  const tabs = () => all.filter((tab) => !isPane(tab));
  const titles = new Map(all.map((tab) => [tab, panel(tab).getAttribute("aria-label")]));
  let current;

  list.setAttribute("role", "tablist");
  for (const tab of all) {
    tab.parentElement.setAttribute("role", "presentation");
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel(tab).id);
  }

  function open(chosen) {
    current = isPane(chosen) ? (current && !isPane(current) ? current : tabs()[0]) : chosen;
    for (const tab of all) {
      const beside = isPane(tab);
      tab.parentElement.hidden = beside;
      tab.setAttribute("aria-selected", String(tab === current));
      tab.tabIndex = tab === current ? 0 : -1;
      name(panel(tab), tab, beside);
      panel(tab).hidden = tab !== current && !beside;
    }
  }
  function name(section, tab, beside) {
    section.setAttribute("role", beside ? "region" : "tabpanel");
    section.toggleAttribute("aria-label", beside);
    if (beside) section.setAttribute("aria-label", titles.get(tab));
    else section.setAttribute("aria-labelledby", tab.id);
    if (beside) section.removeAttribute("aria-labelledby");
  }
  const holding = (element) => element && all.find((tab) => panel(tab).contains(element));

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("a");
    if (!tab) return;
    event.preventDefault();
    open(tab);
    history.replaceState(history.state, "", tab.hash);
  });
  list.addEventListener("keydown", (event) => {
    const shown = tabs();
    const at = shown.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const tab = shown.at(next % shown.length);
    open(tab);
    tab.focus();
  });
  window.addEventListener("hashchange", () => {
    const named = holding(document.getElementById(location.hash.slice(1)));
    if (named) open(named);
  });
  wide.addEventListener?.("change", () => tabbed.isConnected && open(current));

  open(
    holding(tabbed.querySelector('[aria-invalid="true"]')) ??
      holding(document.getElementById(location.hash.slice(1))) ?? all[0],
  );
  tabbed.dataset.ready = "";
}
