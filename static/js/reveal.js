// Shows and hides a secret: <button data-reveal="#input" data-label-hide="Hide"> with a child [data-reveal-text].
export function listen() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    // By id, not by selector: a field's name may contain a dot.
    const input = button && document.getElementById(button.dataset.reveal.slice(1));
    if (!input) return;
    const word = button.querySelector("[data-reveal-text]");
    button.dataset.labelShow ??= word.textContent;
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    word.textContent = shown ? button.dataset.labelHide : button.dataset.labelShow;
  });
}
