const handler = (w) => {
  const { data, timestamp, business_id } = w.payload;
  w.payload = [{ event: w.eventType, properties: { time: new Date(timestamp).valueOf(), distinct_id: data.customer?.customer_id, $insert_id: `${business_id}-${timestamp}`.replace(/\W/g, ""), ...Object.keys(data).reduce((all, k) => (typeof data[k] === "number" ? { ...all, [k]: data[k] } : all), {}) } }];
  return w;
};
