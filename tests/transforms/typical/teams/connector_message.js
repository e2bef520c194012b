// The message card of the connectors that Microsoft has ended.
function handler(webhook) {
  webhook.payload = {
    "@type": "MessageCard",
    "@context": "http://schema.org/extensions",
    title: webhook.eventType,
    text: "Something happened",
  };
  return webhook;
}
