function handler(webhook) { webhook.payload = 1; }
