/**
 * Reports payments to Dub as sales. Dub attributes them to the link by which the customer came.
 *
 * Your site says in the checkout's metadata who the customer is: dub_customer_id is the id that Dub knows already,
 * dub_click_id the click of somebody whom Dub does not know yet. Payments with neither came without a link and are
 * cancelled, as is everything else. A payment that is sent again counts once, by its invoiceId.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  const { dub_customer_id, dub_click_id } = data.metadata || {};
  if (webhook.eventType !== "payment.succeeded" || (!dub_customer_id && !dub_click_id)) {
    webhook.cancel = true;
    return webhook;
  }

  const sale = {
    customerExternalId: cut(String(dub_customer_id || data.customer.customer_id), 100),
    amount: data.total_amount, // in the smallest unit, as Dub wants it
    currency: data.currency.toLowerCase(),
    eventName: data.subscription_id ? "Subscription payment" : "Purchase",
    paymentProcessor: "custom",
    invoiceId: data.payment_id,
    metadata: { payment_id: data.payment_id, subscription_id: data.subscription_id || "" },
  };
  if (dub_click_id) {
    sale.clickId = String(dub_click_id);
    sale.customerName = cut(data.customer.name, 100);
    sale.customerEmail = cut(data.customer.email, 100);
  }
  webhook.payload = sale;
  return webhook;
}

function cut(text, characters) {
  return Array.from(text).slice(0, characters).join("");
}
