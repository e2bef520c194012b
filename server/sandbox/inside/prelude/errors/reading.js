// The only script of a realm in which the user's code is read: not run, and out of reach of what that code has changed.
(function (fetch) {
  "use strict";
  const parts = {}, host = { load };
  function load(name) {
    box.name = name;
    if (fetch(0) !== 1) throw new Error(name);
    return (parts[name] ??= box.part(host));
  }

  // V8's words, line and column for what keeps code from compiling; empty when V8 would find no fault.
  function fault(code) {
    const { fault } = load("parser").parse(code);
    if (!fault) return "";
    const lines = code.slice(0, fault.start).split(/\r\n|[\n\r\u2028\u2029]/);
    return JSON.stringify([fault.words.toWellFormed(), lines.length, lines.at(-1).length + 1]);
  }

  const MAX_CODE = 128 * 1024;
  // The nodes of its syntax tree. A node within another is written as `{ $: index }`; what is false or null is left
  // out.
  function nodes(code) {
    const list = code.length > MAX_CODE ? [] : load("parser").parse(code).nodes;
    const places = new Map(list.map((node, i) => [node, { $: i }]));
    const fields = (
      value,
    ) => (Array.isArray(value) ? value.map(item) : Object.fromEntries(
      Object.entries(value).filter(([, each]) => each !== false && each !== null).map((
        [key, each],
      ) => [key, item(each)]),
    ));
    const item = (value) => (value === null || typeof value !== "object" ? value : places.get(value) ?? fields(value));
    return JSON.stringify(list.map(fields)).toWellFormed();
  }

  const ways = [fault, nodes, (code) => JSON.stringify(load("tokens").scan(code)).toWellFormed()];
  const box = { name: "", part: undefined, ask: (way, code) => ways[way](code) };
  return box;
});
