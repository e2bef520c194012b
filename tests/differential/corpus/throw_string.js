function handler(webhook) { throw webhook.eventType + " is not wanted"; }
