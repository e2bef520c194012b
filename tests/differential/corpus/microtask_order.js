async function handler(w) { const log = []; Promise.resolve().then(() => log.push(1)).then(() => log.push(3)); queueMicrotask_or(() => log.push(2)); await null; await null; await null; log.push("end"); w.payload = log; return w; }
const queueMicrotask_or = (f) => Promise.resolve().then(f);
