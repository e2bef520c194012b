// The address of the script's page in place of its webhook.
function handler(webhook) {
  webhook.url = "https://app.windmill.dev/scripts/get/f/dodo/on_event";
  return webhook;
}
