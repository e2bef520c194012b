function handler(w) {
  const a = [5, 1, 4, 10, 3];
  w.payload = [a.sort().join(), a.toSorted((x, y) => x - y), a.with(0, 9), a.toSpliced(1, 2), a.toReversed(), a.findLast((x) => x < 5), a.findLastIndex((x) => x > 50), a.includes(NaN), [NaN].includes(NaN), a.indexOf(4), a.copyWithin(0, 3), a.splice(1, 1), Array.of(1, 2), Array.from({ length: 3 }, (_, i) => i * 2), Array.from("abc"), a.entries().next(), [..."ab"].keys().next(), a.reduceRight((s, x) => s + x, ""), [3, 2, 1].sort(() => 0), [undefined, 3, null].sort(), [[1, 2], [3]].toString(), [1, , 3], Object.groupBy ? "g" : "no"].slice(0, 22);
  return w;
}
