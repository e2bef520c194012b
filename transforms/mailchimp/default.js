/**
 * Keeps a member of a Mailchimp audience up to date for each customer: made when it is new, changed otherwise.
 *
 * A new member is "transactional": Mailchimp may write about purchases, but not advertise. Where customers agreed to
 * advertising, choose "subscribed". Other event types are cancelled.
 */
function handler(webhook) {
  const customer = webhook.payload.data.customer;
  if (!NAMES.includes(webhook.eventType) || !customer) {
    webhook.cancel = true;
    return webhook;
  }

  const [first, ...rest] = customer.name.trim().split(/\s+/);
  const path = "/lists/" + webhook.env.LIST_ID + "/members/" + crypto.md5(customer.email.toLowerCase());
  webhook.method = "PUT";
  webhook.url += path;
  webhook.payload = {
    email_address: customer.email,
    status_if_new: "transactional",
    merge_fields: names(first, rest.join(" ")),
  };
  return webhook;
}

const NAMES = ["payment.succeeded", "subscription.active", "subscription.renewed", "subscription.plan_changed"];

// An empty name is left out: it would overwrite one that a person entered.
function names(first, last) {
  const given = {};
  if (first) given.FNAME = text(first);
  if (last) given.LNAME = text(last);
  return given;
}

// Texts of at most 255 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 255 ? given : given.slice(0, 254).replace(/[\ud800-\udbff]$/, "") + "…";
}
