function handler(webhook) {
  const größe = "😀"; const x = größe.länge.wert;
  return webhook;
}
