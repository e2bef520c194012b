const handler = async (webhook) => {
  await Promise.resolve();
  if (!webhook.payload.data.never) throw new TypeError("never: " + typeof webhook.payload.data.never);
  return webhook;
};
