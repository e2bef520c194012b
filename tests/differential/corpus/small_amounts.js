// Rates of a fraction of a cent, in the notation with an exponent that JavaScript gives them.
function handler(webhook) {
  const rates = [0.00000015, 1.5e-7, -2.5e-9, 0.000001234];
  webhook.payload = rates.map((rate) => [
    rate.toLocaleString(),
    rate.toLocaleString("de-DE", { maximumFractionDigits: 10 }),
    rate.toLocaleString("en-IN", { style: "currency", currency: "INR" }),
  ]);
  return webhook;
}
