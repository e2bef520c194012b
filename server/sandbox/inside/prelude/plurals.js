// Which plural form a number takes in a language, by CLDR's rules.
(function (host) {
  "use strict";
  const { load } = host;

  // `digits` is the number as it is written, such as "1.50".
  function pluralOf(stored, type, digits) {
    const rules = load("plural:" + stored)[type];
    if (digits === "Infinity") return "other";
    const [whole, fraction = ""] = digits.split(".");
    const trimmed = fraction.replace(/0+$/, "");
    const values = {
      n: Number(digits),
      i: Number(whole),
      v: fraction.length,
      w: trimmed.length,
      f: Number(fraction || 0),
      t: Number(trimmed || 0),
      e: 0,
      c: 0,
    };
    const holds = ([name, modulus, not, ranges]) => {
      const value = modulus ? values[name] % modulus : values[name];
      return ranges.some(([low, high]) => Number.isInteger(value) && value >= low && value <= high) !== not;
    };
    for (const form of ["zero", "one", "two", "few", "many"]) {
      if (rules[form]?.some((all) => all.every(holds))) return form;
    }
    return "other";
  }

  return { pluralOf };
});
