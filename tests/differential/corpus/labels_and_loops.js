function handler(w) {
  let out = "";
  outer: for (let i = 0; i < 5; i++) { for (let j = 0; ; j++) { if (j === i) continue outer; if (i + j > 5) break outer; out += i * j + ","; } }
  let n = 10; do { out += n--; } while (n > 7);
  w.payload = { out };
  return w;
}
