// <button data-sets="field-credentials.region" data-sets-to="eu">: makes a choice in the form, then checks the
// credentials again. Without scripts the button submits the form and the server does both.
export function listen() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sets]");
    const field = button && document.getElementById(button.dataset.sets);
    if (!field) return;
    event.preventDefault();
    field.value = button.dataset.setsTo;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    button.form.querySelector("[data-check-credentials]")?.click();
  });
}
