// What a person does before our modules have come is not lost. The page waits for this script; main.js takes over.
//   Fields of forms that keep what is typed are remembered for keep.js.
//   Clicks on buttons that need a script, and the submission of a form that keeps what is typed, wait until every
//   module of the page is there. If they do not come in time, the form is submitted without them.
globalThis.early = (() => {
  const WAIT_MS = 5_000;
  const typed = new Set();
  const clicked = [];
  let submitted = null; // the last submission: its form and button
  let timer;

  function type({ target, isTrusted }) {
    if (isTrusted && target.form?.matches("[data-keep]")) typed.add(target);
  }

  function click(event) {
    const button = event.target.closest?.("button");
    if (!button?.closest(".needs-script") || !event.isTrusted) return;
    event.stopImmediatePropagation();
    clicked.push(button);
  }

  function submit(event) {
    const { target: form, submitter } = event;
    if (!form.matches("[data-keep]") || submitter?.hasAttribute("hx-post")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    submitted?.form.removeAttribute("aria-busy");
    submitted = { form, submitter };
    form.setAttribute("aria-busy", "true");
    timer ??= setTimeout(repeat, WAIT_MS);
  }

  // Every module is there, or did not come in time.
  function repeat() {
    clearTimeout(timer);
    removeEventListener("click", click, true);
    removeEventListener("submit", submit, true);
    for (const button of clicked.splice(0)) if (button.isConnected) button.click();
    if (submitted?.form.isConnected) {
      submitted.form.removeAttribute("aria-busy");
      submitted.form.requestSubmit(submitted.submitter);
    }
    submitted = null;
  }

  for (const kind of ["input", "change"]) addEventListener(kind, type, true);
  addEventListener("click", click, true);
  addEventListener("submit", submit, true);
  return {
    // The fields that were changed until now. From now on none is remembered.
    typed() {
      for (const kind of ["input", "change"]) removeEventListener(kind, type, true);
      return new Set(typed);
    },
    repeat,
  };
})();
