function handler(webhook) {
  const { data, timestamp } = webhook.payload;
  const when = new Date(timestamp);
  webhook.payload = {
    blocks: [
      { type: "header", text: { type: "plain_text", text: webhook.eventType.replace(".", " ").toUpperCase() } },
      { type: "section", fields: [
        { type: "mrkdwn", text: "*Date*\n" + when.toLocaleDateString() },
        { type: "mrkdwn", text: "*Time*\n" + when.toLocaleTimeString() },
        { type: "mrkdwn", text: "*Full*\n" + when.toLocaleString() },
        { type: "mrkdwn", text: "*Kind*\n" + data.payload_type },
      ] },
    ],
  };
  return webhook;
}
