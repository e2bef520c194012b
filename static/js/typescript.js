// TypeScript's language service, which only the type worker loads. The query is the beginning of the file's SHA-256, so
// that browsers keep it for good.
export * from "../vendor/typescript.js?v=4308434e37f2e451";
