// One row for each event, whatever its type. The table needs Event ID (single line text), Event (single line text), Time
// (date with time) and Payload (long text). A repeated event changes its row instead of adding another.
function handler(webhook) {
  const payload = JSON.stringify(webhook.payload.data, null, 2);
  webhook.method = "PATCH";
  webhook.payload = {
    performUpsert: { fieldsToMergeOn: ["Event ID"] },
    typecast: true,
    records: [
      {
        fields: {
          "Event ID": webhook.id,
          Event: webhook.eventType,
          Time: webhook.payload.timestamp,
          Payload: payload.length <= 90000 ? payload : "Too long: " + payload.length + " characters",
        },
      },
    ],
  };
  return webhook;
}
