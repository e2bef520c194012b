// A path for each customer. Payouts have none.
function handler(webhook) {
  webhook.url = "https://example.com/customers/" + webhook.payload.data.customer.customer_id;
  webhook.method = "PUT";
  return webhook;
}
