function handler(w) {
  w.payload = "a b" + 1; // x
  return w;
}
