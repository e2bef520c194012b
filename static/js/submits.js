// <select data-submits> submits its form when it changes. Ctrl/⌘+Enter anywhere in a form clicks its [data-run-test]
// button. (Also in the code editors: see editor.js.)
export function listen() {
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    const button = event.target.closest("form")?.querySelector("[data-run-test]");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}
