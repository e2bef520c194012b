/**
 * Reports payments to Dub as sales. Dub attributes them to the link by which the customer came.
 *
 * The customer is named as your site named it to Dub: dub_customer_id in the checkout's metadata, else Dodo's own id.
 * Everything but payments is cancelled. A payment that is retried counts once, by its invoiceId.
 */
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const own = data.metadata ? data.metadata.dub_customer_id : "";
  webhook.payload = {
    customerExternalId: String(own || data.customer.customer_id).slice(0, 100),
    amount: data.total_amount, // in the smallest unit, as Dub wants it
    currency: data.currency.toLowerCase(),
    eventName: data.subscription_id ? "Subscription payment" : "Purchase",
    paymentProcessor: "custom",
    invoiceId: data.payment_id,
    metadata: { payment_id: data.payment_id, subscription_id: data.subscription_id || "" },
  };
  return webhook;
}
