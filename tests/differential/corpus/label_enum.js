const Status = Object.freeze({ PAID: "paid", FAILED: "failed" });
const byPrefix = { __proto__: null, payment: Status.PAID };
const handler = (w) => { const { [w.eventType.split(".")[0]]: status = Status.FAILED } = byPrefix; return { ...w, payload: { status, ["k_" + status]: 1 } }; };
