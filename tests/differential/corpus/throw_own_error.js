function handler(webhook) {
  if (webhook.payload.data.status !== "succeeded") {
    throw new Error("unexpected status: " + webhook.payload.data.status);
  }
  throw new RangeError(`amount ${webhook.payload.data.amount} of ${webhook.eventType.toUpperCase()}`);
}
