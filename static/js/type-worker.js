// The worker in which the type checker runs. Messages are {id, method, values}; each is answered with {id, result}.
import { TypeService } from "./type-service.js";

const service = new TypeService();
const METHODS = new Set([
  "update",
  "warnings",
  "completions",
  "detail",
  "hover",
  "definition",
  "names",
  "symbols",
  "format",
]);

self.addEventListener("message", ({ data: { id, method, values } }) => {
  let result = null;
  try {
    if (METHODS.has(method)) result = service[method](...values) ?? null;
  } catch (error) {
    console.warn("types:", error); // an answer less, and the editor goes on
  }
  self.postMessage({ id, result });
});
self.postMessage({ id: 0 });
