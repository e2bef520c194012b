// <time datetime="…" data-time>text of the server</time>: shows "5 minutes ago" within a day, and the date and time in
// the reader's zone after that. With data-time="date", as inside a sentence, it always shows the date and time; with
// data-time="row", as in a narrow column, only the date if it is not this year. Its title contains the full time and
// the server's text. The zone is the one chosen on Settings, <html data-zone>, else the browser's, which a cookie tells
// the server.
const STEPS = [["second", 60], ["minute", 60], ["hour", 24]];
const language = document.documentElement.lang || undefined;
const { zone } = document.documentElement.dataset;
const timeZone = zone ?? undefined;
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const thisYear = new Intl.DateTimeFormat(language, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
  timeZone,
});
const anyYear = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", timeZone });
const year = new Intl.DateTimeFormat("en", { year: "numeric", timeZone });

export function listen() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("/", "~").replaceAll("+", ".");
  document.cookie = `browser_zone=${here}; path=/; max-age=31536000; samesite=lax`;
}

export function upgrade(root) {
  for (const element of root.querySelectorAll("time[data-time]")) show(element);
}

function show(element) {
  const then = new Date(element.dateTime);
  if (Number.isNaN(then.getTime())) return;
  if (!element.title.includes("\n")) element.title = `${whole.format(then)}\n${element.title || element.textContent}`;
  const text = element.dataset.time === "date"
    ? date(then)
    : words(then, element.dataset.time === "row" ? day : anyYear);
  if (element.textContent !== text) element.textContent = text;
}

function words(then, before) {
  let amount = Math.round((then - Date.now()) / 1000);
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(amount, unit);
    amount = Math.trunc(amount / size);
  }
  return date(then, before);
}

function date(then, before = anyYear) {
  return (year.format(then) === year.format(Date.now()) ? thisYear : before).format(then);
}

setInterval(() => upgrade(document), 30_000);
