// [data-focus-first]: what went wrong with a form takes the focus, so that it is read out and seen.
export function upgrade(root) {
  const notice = root.querySelector("[data-focus-first]:not([data-ready])");
  if (!notice) return;
  notice.dataset.ready = "";
  notice.focus();
}
