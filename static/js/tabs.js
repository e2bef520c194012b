// Tabs within a page (ui.tabs): turns links to sections into ARIA tabs; arrow keys, Home and End move between them.
// A panel opens automatically when it contains an invalid field, or when the address or a link names it.
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
  const tabs = [...list.querySelectorAll("a")];
  const panel = (tab) => document.getElementById(tab.hash.slice(1));
  list.setAttribute("role", "tablist");
  for (const tab of tabs) {
    tab.parentElement.setAttribute("role", "presentation");
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel(tab).id);
    panel(tab).setAttribute("role", "tabpanel");
    panel(tab).setAttribute("aria-labelledby", tab.id);
    panel(tab).removeAttribute("aria-label");
  }

  function open(chosen) {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel(tab).hidden = tab !== chosen;
    }
  }
  const holding = (element) => element && tabs.find((tab) => panel(tab).contains(element));

  list.addEventListener("click", (event) => {
    const tab = event.target.closest("a");
    if (!tab) return;
    event.preventDefault();
    open(tab);
    history.replaceState(history.state, "", tab.hash);
  });
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    open(tab);
    tab.focus();
  });
  window.addEventListener("hashchange", () => {
    const named = holding(document.getElementById(location.hash.slice(1)));
    if (named) open(named);
  });

  open(
    holding(tabbed.querySelector('[aria-invalid="true"]')) ??
      holding(document.getElementById(location.hash.slice(1))) ?? tabs[0],
  );
  tabbed.dataset.ready = "";
}
