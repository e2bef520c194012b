function handler(w) {
  const names = ["Zoë", "zebra", "Ångström", "apple", "Äpfel", "éclair", "Eclair", "item10", "item2", "item1", "ñandú", "Nano", "_x", "-y", "Öl", "o'neil", "ONeil", "straße", "strasse", "co-op", "coop", "CO", "co"];
  const by = (...args) => [...names].sort((a, b) => a.localeCompare(b, ...args));
  w.payload = { plain: by(), numeric: by(undefined, { numeric: true }), base: names.filter((n) => n.localeCompare("eclair", "en", { sensitivity: "base" }) === 0), sv: by("sv"), de: by("de"), es: by("es"), upper: [..."bBaA"].sort(new Intl.Collator("en", { caseFirst: "upper" }).compare), accent: ["a".localeCompare("á", "en", { sensitivity: "base" }), "a".localeCompare("A", "en", { sensitivity: "accent" }), "a".localeCompare("b"), "résumé".localeCompare("resume"), "a".localeCompare("á", "en", { sensitivity: "case" })], punct: "a,b".localeCompare("ab", "en", { ignorePunctuation: true }), keys: Object.keys(w.payload.data).sort((a, b) => a.localeCompare(b)) };
  return w;
}
