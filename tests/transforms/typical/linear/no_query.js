// The input of an issue without the query around it.
function handler(webhook) {
  webhook.payload = { title: webhook.eventType, teamId: "team" };
  return webhook;
}
