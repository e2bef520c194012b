// What was called that cannot be called, or was handed to be called, in V8's words.
(function (host) {
  "use strict";
  const { load } = host;
  const { called } = load("places");
  const { failedCall, isIterated, callAt, unknown, valueOf, print, shown } = load("tree");

  function notAFunction(frame, _, native) {
    if (native) return notACallback(frame, native);
    const call = failedCall(frame.at);
    if (!call) return "value is not a function";
    frame.at = call.isTagged ? call.callee.end : call.place;
    if (call.type === "New") return `${print(call.callee)} is not a constructor`;
    return `${print(call.callee)} is not a function${isIterated(call) ? " or its return value is not iterable" : ""}`;
  }

  function notACallback(frame, native) {
    frame.at = called(frame.at, native);
    const call = callAt(frame.at);
    if (call?.type === "New" && (native === "Symbol" || native === "BigInt")) return `${native} is not a constructor`;
    if (native === "sort" || native === "toSorted") {
      return "The comparison function must be either a function or undefined";
    }
    if (native === "flatMap") return "flatMap mapper function is not callable";
    const given = call?.list[native === "from" ? 1 : 0];
    const value = given ? valueOf(given) : undefined;
    const said = value === unknown && given?.type !== "New" ? "undefined" : shown(value, given);
    return native === "Promise" ? `Promise resolver ${said} is not a function` : `${said} is not a function`;
  }

  return { notAFunction };
});
