const camel = (k) => k.replace(/_(\w)/g, (_, c) => c.toUpperCase());
const walk = (v) => (Array.isArray(v) ? v.map(walk) : v !== null && typeof v === "object" ? Object.keys(v).reduce((o, k) => ((o[camel(k)] = walk(v[k])), o), {}) : v);
function handler(webhook) { webhook.payload = walk(webhook.payload); return webhook; }
