function handler(webhook) {
  const node = { name: "root", children: [] };
  node.children.push({ parent: node });
  webhook.payload = { text: JSON.stringify(node) };
  return webhook;
}
