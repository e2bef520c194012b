// <time datetime="…" data-time>UTC text</time>: shows "5 minutes ago" within a day, and the local date and time after
// that. With data-time="date", as inside a sentence, it always shows the local date and time.
// Its title contains the full local time and the UTC text.
const STEPS = [["second", 60], ["minute", 60], ["hour", 24]];
const language = document.documentElement.lang || undefined;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const thisYear = new Intl.DateTimeFormat(language, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const anyYear = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

export function upgrade(root) {
  for (const element of root.querySelectorAll("time[data-time]")) show(element);
}

function show(element) {
  const then = new Date(element.dateTime);
  if (Number.isNaN(then.getTime())) return;
  if (!element.title) element.title = `${whole.format(then)}\n${element.textContent}`;
  const text = element.dataset.time === "date" ? date(then) : words(then);
  if (element.textContent !== text) element.textContent = text;
}

function words(then) {
  let amount = Math.round((then - Date.now()) / 1000);
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(amount, unit);
    amount = Math.trunc(amount / size);
  }
  return date(then);
}

function date(then) {
  return (then.getFullYear() === new Date().getFullYear() ? thisYear : anyYear).format(then);
}

setInterval(() => upgrade(document), 30_000);
