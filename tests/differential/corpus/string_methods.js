function handler(w) {
  const s = w.payload.data.status ?? "Unknown Status";
  w.payload = [s.at(-1), s.charAt(0).toUpperCase() + s.slice(1), s.split("").reverse().join(""), s.substring(2, 4), s.substr(-3, 2), s.includes("e"), s.indexOf("s"), s.lastIndexOf("s"), s.search(/e/), s.codePointAt(0), s.concat("!", 1), s.repeat(2), s.trimStart(), s.localeCompare("z"), [..."a😀b"].length, "a-b_c".split(/[-_]/), "x".padEnd(3, "ab"), "abc".replace("b", "[$&$`$']"), "%", encodeURIComponent("a b&ü/😀"), encodeURI("https://x.y/ä?b=c d"), decodeURIComponent("%F0%9F%98%80"), escape("ü é"), unescape("%u20AC"), "a\u0000b".length, "abc".isWellFormed()];
  return w;
}
