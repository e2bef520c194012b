function handler(webhook) {
  try {
    webhook.payload.data.customer.tags.push("x");
  } catch (error) {
    console.error("failed:", error.message);
    throw new Error(`Could not tag: ${error.message}`, { cause: error });
  }
  return webhook;
}
