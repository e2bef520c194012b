function handler(webhook) {
  const x = await Promise.resolve(1);
  return webhook;
}
