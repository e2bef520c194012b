// The address of the editor, left in the code after a first try.
function handler(webhook) {
  webhook.url = "https://n8n.yourshop.example/webhook-test/dodo";
  return webhook;
}
