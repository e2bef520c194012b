// <button data-fold data-fold-for="#test-result">: hides the editor that it is in ([data-folded]) and shows it again,
// where it leaves little room to the result below it. The first result that would be a slit hides it by itself; not
// while the person is in the editor, and not for somebody who has chosen to see it, which this browser remembers.
// Only loaded when there is a result.
const CHOICE = "payload-shown";
const SLIT_PX = 320;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fold]");
  if (button) return choose(button);
  const link = event.target.closest("#test-result a[href^='#']");
  const area = link && document.getElementById(link.hash.slice(1));
  if (!area?.closest("[data-folded]")) return;
  event.preventDefault();
  area.focus();
});

// Call it whenever a result may have arrived.
export function upgrade() {
  for (const button of document.querySelectorAll("[data-fold]:not([data-settled])")) giveWay(button);
}

function choose(button) {
  button.dataset.settled = "";
  const folded = fieldOf(button).toggleAttribute("data-folded");
  try {
    if (folded) localStorage.removeItem(CHOICE);
    else localStorage.setItem(CHOICE, "yes");
  } catch {
    // The choice holds until the page is left.
  }
}

function giveWay(button) {
  const result = document.querySelector(button.dataset.foldFor);
  const outcome = result?.querySelector("[data-run-outcome]")?.dataset.runOutcome;
  if (!outcome || outcome === "refused" || !button.checkVisibility()) return;
  if (result.clientHeight >= SLIT_PX || fieldOf(button).contains(document.activeElement) || chosen()) return;
  button.dataset.settled = "";
  fieldOf(button).toggleAttribute("data-folded", true);
}

const fieldOf = (button) => button.closest(".editor-field");

function chosen() {
  try {
    return localStorage.getItem(CHOICE) !== null;
  } catch {
    return false;
  }
}
