// Drop-downs (<details data-menu>): closes them on Esc, on a click elsewhere, and when they lose focus. They open
// without scripts.
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
}
