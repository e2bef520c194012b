function handler(webhook) {
  const data = webhook.payload.data;
  const amount = data.total_amount / 100;
  webhook.payload = {
    text: `Paid ${ammount} by ${data.customer}`,
  };
  return webhook;
}
