const ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "UTC", "Africa/Lagos", "Pacific/Auckland"];
function handler(w) {
  const times = [new Date(w.payload.timestamp), new Date("2026-07-15T12:00:00Z")];
  w.payload = ZONES.map((timeZone) => times.map((t) => [t.toLocaleString("en-US", { timeZone, timeZoneName: "short" }), t.toLocaleTimeString("en-US", { timeZone, timeZoneName: "long" }), t.toLocaleTimeString("en-US", { timeZone, hour: "numeric", timeZoneName: "shortOffset" }), t.toLocaleDateString("en-GB", { timeZone, timeZoneName: "short" })]));
  return w;
}
