// a comment
function handler(webhook) {
  webhook.payload = `a
b`;
  return webhook;
}
