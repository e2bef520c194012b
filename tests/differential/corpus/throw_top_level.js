const config = JSON.parse("{'single': 1}");
function handler(webhook) {
  return webhook;
}
