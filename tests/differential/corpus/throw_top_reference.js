const key = settings.key;
function handler(webhook) { return webhook; }
