// Sends each family of events to a path of its own, marks the request with a header, and leaves payouts out.
// An API key, if there is one, comes from the Variables tab: add a variable named API_KEY.
function handler(webhook) {
  const [family, what] = webhook.eventType.split(".");

  if (family === "payout") {
    webhook.cancel = true;
    return webhook;
  }

  webhook.url = webhook.url.replace(/\/+$/, "") + "/" + family + "/" + what;
  webhook.headers["x-event-family"] = family;
  if (webhook.env.API_KEY) {
    webhook.headers["authorization"] = "Bearer " + webhook.env.API_KEY;
  }
  return webhook;
}
