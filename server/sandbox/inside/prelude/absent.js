// What Node and browsers have and a transformation does not: each says so in one sentence, and what to do instead.
(function () {
  "use strict";
  const absent = {
    fetch:
      "There is no fetch: code here only reshapes the webhook. Set webhook.url, method, headers and payload, and Hookbench sends the request.",
    require:
      "There is no require: packages cannot be loaded. Paste the code you need into the transformation; URL, crypto and TextEncoder are there without it.",
    setTimeout:
      "There is no setTimeout: the request is sent once handler returns. To send later or again, leave it to Hookbench's retries.",
    setInterval:
      "There is no setInterval: handler runs once for each event. Do the work directly, then return webhook.",
    setImmediate:
      "There is no setImmediate: handler runs once for each event. Do the work directly, then return webhook.",
    XMLHttpRequest:
      "There is no XMLHttpRequest: code here only reshapes the webhook. Set webhook.url, method, headers and payload instead.",
  };
  const stubs = {};
  for (const name of Object.keys(absent)) {
    stubs[name] = {
      [name]() {
        throw new Error(absent[name]);
      },
    }[name];
  }
  stubs.XMLHttpRequest = function XMLHttpRequest() {
    throw new Error(absent.XMLHttpRequest);
  };
  stubs.clearTimeout = function clearTimeout() {};
  stubs.clearInterval = function clearInterval() {};
  return stubs;
});
