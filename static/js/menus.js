// Drop-downs (<details data-menu>): closes them on Esc, on a click elsewhere, and when they lose focus. They open
// without scripts. A dialog that was opened from one gives the focus back to the menu's button, since the menu is
// closed by then.
export function listen() {
  const opened = () => document.querySelectorAll("details[data-menu][open]");
  const closeOutside = (target) => {
    for (const menu of opened()) if (!menu.contains(target)) menu.open = false;
  };
  document.addEventListener("click", (event) => closeOutside(event.target));
  document.addEventListener("focusin", (event) => closeOutside(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("toggle", giveBack, true);
}

function giveBack(event) {
  const dialog = event.target;
  if (event.newState !== "closed" || !dialog.popover) return;
  // What had the focus is hidden now, or the browser has noticed that already.
  if (document.activeElement !== document.body && !dialog.contains(document.activeElement)) return;
  const opener = document.querySelector(`[data-menu] [popovertarget="${CSS.escape(dialog.id)}"]`);
  opener?.closest("[data-menu]").querySelector("summary").focus();
}
