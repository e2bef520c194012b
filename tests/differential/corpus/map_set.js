function handler(w) {
  const words = JSON.stringify(w.payload.data).match(/[a-z]{4,}/g);
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const top = [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).slice(0, 5);
  w.payload = { top, unique: new Set(words).size, object: Object.fromEntries(top) };
  console.log(new Map(top), new Set(words.slice(0, 3)));
  return w;
}
