async function handler(webhook) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(webhook.env.KEY), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(JSON.stringify(webhook.payload)));
  webhook.headers["X-Signature"] = btoa(String.fromCharCode(...new Uint8Array(signature)));
  return webhook;
}
