function handler(w) {
  w.headers = { ...w.headers, "X-Api-Key": w.env.KEY, "X-Number": 5, "X-Bool": true, Accept: "application/json" };
  return w;
}
