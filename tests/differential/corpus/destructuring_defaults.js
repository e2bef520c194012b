function handler({ url, method, payload: { data: { customer: { name = "?", metadata: { vip = false, ...meta } = {} } = {}, ...rest } }, eventType }) {
  return { url, method, payload: { name, vip, meta, keys: Object.keys(rest).length, eventType } };
}
