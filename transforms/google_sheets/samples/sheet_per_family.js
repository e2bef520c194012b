// Every event as a row: payments in the sheet "payment", payouts in "payout", and so on. The columns are the facts of the
// event that are no objects or lists; the script adds what is missing.
function handler(webhook) {
  const row = { Time: webhook.payload.timestamp, Event: webhook.eventType };
  for (const [name, value] of Object.entries(webhook.payload.data)) {
    if (value === null || typeof value === "object") continue;
    row[name] = typeof value === "string" ? plain(value) : value;
  }
  // The key of a licence is as good as a password, so it does not go into a spreadsheet.
  delete row.key;

  webhook.payload = {
    token: webhook.env.TOKEN || "",
    id: webhook.id,
    sheet: webhook.eventType.split(".")[0],
    row,
  };
  return webhook;
}

// A text that begins like a formula would be calculated; the apostrophe keeps it a text and is not shown.
function plain(value) {
  const text = Array.from(value).slice(0, 1000).join("");
  return /^[=+@-]/.test(text) ? "'" + text : text;
}
