// Priority and tags as ntfy's headers take them, but its JSON does not.
function handler(webhook) {
  webhook.payload = {
    topic: webhook.env.TOPIC,
    message: webhook.eventType,
    tags: "money_with_wings",
    priority: "high",
  };
  return webhook;
}
