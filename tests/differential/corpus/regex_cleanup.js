function handler(w) {
  const name = w.payload.data.customer?.name ?? "Dr. José  Ñandú-O'Neil, Jr.";
  w.payload = {
    slug: name.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""),
    initials: name.match(/\b\p{Lu}/gu)?.join(""), words: name.split(/[\s,]+/), digits: (w.payload.data.customer?.phone_number ?? "+1 (555) 010-9999").replace(/\D/g, ""),
    named: "2026-02-03".match(/(?<y>\d{4})-(?<m>\d\d)/).groups.m, all: [..."a1b22".matchAll(/([a-z])(\d+)/g)].map((m) => [m[1], m[2], m.index]), look: "price: $42".replace(/(?<=\$)\d+/, "XX"), sticky: /b/y.test("ab"), swap: "John Smith".replace(/(\w+)\s(\w+)/, "$2, $1"),
  };
  return w;
}
