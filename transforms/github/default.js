/**
 * Starts the repository's workflows for repository_dispatch, with the event type as its type and the event in client_payload.
 *
 * GitHub takes at most ten keys in client_payload, so the event is one of them: github.event.client_payload.event.
 */
function handler(webhook) {
  webhook.payload = {
    event_type: webhook.eventType,
    client_payload: { id: webhook.id, event: webhook.payload },
  };
  return webhook;
}
