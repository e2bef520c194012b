function handler({ payload, eventType, ...webhook }) {
  const email = payload.data?.customer?.email ?? `${payload.data.customer_id}@unknown.example`;
  return { ...webhook, payload: { email, eventName: eventType.replaceAll(".", "_"), eventProperties: Object.fromEntries(Object.entries(payload.data).filter(([, v]) => ["string", "number", "boolean"].includes(typeof v))) } };
}
