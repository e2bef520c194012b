function* pages(list, size) { for (let i = 0; i < list.length; i += size) yield list.slice(i, i + size); }
const ids = { *[Symbol.iterator]() { yield 1; yield* [2, 3]; } };
function handler(w) {
  w.payload = { pages: [...pages(Object.keys(w.payload.data), 4)], ids: [...ids], first: pages([1, 2, 3], 2).next() };
  return w;
}
