function helpers() {
  function money(cents) { return cents.toFixed(2); }
  return { money };
}
function handler(webhook) {
  const { money } = helpers();
  webhook.payload = { amount: money(String(webhook.payload.data.amount)) };
  return webhook;
}
