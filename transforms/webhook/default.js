/**
 * Runs for every event before it is sent. Change what you like and return the webhook.
 *
 * @param webhook            the request that is about to be sent
 * @param webhook.method     "POST"; may become "PUT", "PATCH", "GET" or "DELETE"
 * @param webhook.url        where it goes; any http or https address
 * @param webhook.id         the event's id, the same whenever it is sent again
 * @param webhook.eventType  such as "payment.succeeded"; to be read only
 * @param webhook.payload    the body: { business_id, type, timestamp, data }; any JSON value may take its place
 * @param webhook.headers    further headers by name; they win over those of the endpoint
 * @param webhook.env        the values of the Variables tab by name; to be read only
 * @param webhook.cancel     set it to true and nothing is sent
 */
function handler(webhook) {
  return webhook;
}
