// The event as it came. Trigger.dev passes on what is below payload, which is missing.
function handler(webhook) {
  return webhook;
}
