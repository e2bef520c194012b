// Node's own `vm` with a fresh context for every event: the argument is the code, standard input is the payload.
const vm = require("node:vm");
const { readFileSync } = require("node:fs");
const code = readFileSync(process.argv[2], "utf8");
const script = new vm.Script(code);
const payload = readFileSync(0, "utf8");
const event = JSON.stringify({ eventType: "payment.succeeded", url: "https://example.com/hook", method: "POST", headers: {}, env: {} });

function once() {
  const context = vm.createContext({ event, payload });
  script.runInContext(context, { timeout: 1000 });
  return vm.runInContext("JSON.stringify(handler({ ...JSON.parse(event), payload: JSON.parse(payload) }))", context, { timeout: 1000 });
}
for (let i = 0; i < 100; i++) once();
const times = [];
for (let i = 0; i < 500; i++) {
  const started = process.hrtime.bigint();
  once();
  times.push(Number(process.hrtime.bigint() - started) / 1e6);
}
console.log(JSON.stringify(times));
