function handler(w) {
  const bytes = new TextEncoder().encode(JSON.stringify(w.payload).slice(0, 40)), view = new DataView(new ArrayBuffer(8));
  view.setFloat32(0, 1.5); view.setInt16(4, -2, true);
  w.payload = [bytes.length, [...bytes.subarray(0, 3)], view.getUint32(0), view.getUint16(4), Array.from(new Uint8Array(view.buffer)), new Uint8ClampedArray([300, -5]), new Float64Array([1, 2]).map((x) => x / 3), Buffer_or("x")];
  console.log(bytes.slice(0, 4), new Uint16Array(2), view.buffer.byteLength);
  return w;
}
function Buffer_or(x) { return typeof Buffer === "undefined" ? x : "buffer"; }
