function handler(w) { const s = "Å ﬁ ① é"; w.payload = ["NFC", "NFD", "NFKC", "NFKD"].map((f) => [...s.normalize(f)].map((c) => c.codePointAt(0).toString(16))); return w; }
