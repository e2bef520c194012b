// The name that other chats use for the text, and no chat.
function handler(webhook) {
  webhook.payload = { message: "Event " + webhook.eventType, parse_mode: "html5" };
  return webhook;
}
