const CHANNELS = { payment: "#sales", subscription: "#mrr", dispute: "#alerts", refund: "#alerts" };
function handler(webhook) {
  const [family, verb] = webhook.eventType.split(".");
  webhook.payload = { channel: CHANNELS[family] ?? "#misc", text: `${family} ${verb}` };
  if (family === "license_key") webhook.cancel = true;
  return webhook;
}
