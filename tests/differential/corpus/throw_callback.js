function handler(webhook) {
  const total = [1, 2, 3].reduce(function add(sum, n) {
    return sum + n.value.amount;
  }, 0);
  webhook.payload = { total };
  return webhook;
}
