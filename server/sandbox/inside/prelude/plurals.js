// Which plural form a number takes: CLDR's rules, read as CLDR writes them.
(function (host) {
  "use strict";
  const { load } = host;

  // `digits` is the number as it is written, such as "1.50".
  function pluralOf(tag, type, digits) {
    const rules = load("words:" + tag)[type];
    const [whole, fraction = ""] = digits.split(".");
    const trimmed = fraction.replace(/0+$/, "");
    const values = { n: Number(digits), i: Number(whole), v: fraction.length, w: trimmed.length, f: Number(fraction || 0), t: Number(trimmed || 0), e: 0, c: 0 };
    const holds = (relation) => {
      const [, name, modulus, not, list] = /^(\w)(?: mod (\d+))?( not)? in (.+)$/.exec(relation.trim());
      const value = modulus ? values[name] % Number(modulus) : values[name];
      const among = list.split(",").some((range) => {
        const [low, high = low] = range.split("..").map(Number);
        return Number.isInteger(value) && value >= low && value <= high;
      });
      return not ? !among : among;
    };
    for (const form of ["zero", "one", "two", "few", "many"]) {
      if (rules[form]?.split(" or ").some((all) => all.split(" and ").every(holds))) return form;
    }
    return "other";
  }

  return { pluralOf };
});
