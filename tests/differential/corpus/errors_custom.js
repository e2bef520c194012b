class ValidationError extends Error { constructor(field, options) { super(`${field} is missing`, options); this.name = "ValidationError"; this.field = field; } }
function need(object, field) { if (object?.[field] === undefined) throw new ValidationError(field, { cause: "input" }); return object[field]; }
function handler(w) {
  try { w.payload = { id: need(w.payload.data, "payment_id"), email: need(w.payload.data.customer, "email") }; }
  catch (e) { if (!(e instanceof ValidationError)) throw e; w.payload = { error: e.message, field: e.field, name: e.name, text: String(e), cause: e.cause, json: JSON.stringify(e), keys: Object.keys(e) }; }
  finally { w.headers["x-checked"] = "1"; }
  return w;
}
