// Expected: threw
function handler(w) { new WebAssembly.Module(new Uint8Array(8)); return w }
