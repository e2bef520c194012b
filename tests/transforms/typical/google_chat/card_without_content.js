// A header outside of the card.
function handler(webhook) {
  if (webhook.eventType !== "subscription.cancelled") return null;
  webhook.payload = { cardsV2: [{ cardId: "cancelled", header: { title: "Cancelled" } }] };
  return webhook;
}
