const themeColor = (type) => (type.endsWith("failed") ? "FF0000" : type.endsWith("succeeded") ? "00FF00" : "0078D7");
const handler = (webhook) => {
  webhook.payload = {
    "@type": "MessageCard", "@context": "https://schema.org/extensions", themeColor: themeColor(webhook.eventType),
    summary: webhook.eventType, sections: [{ activityTitle: webhook.eventType, facts: [{ name: "Zeit", value: new Date(webhook.payload.timestamp).toLocaleString("de-DE") }] }],
  };
  return webhook;
};
