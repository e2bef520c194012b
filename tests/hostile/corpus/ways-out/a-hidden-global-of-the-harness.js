// Expected: returned
function handler(w) { w.payload = [typeof hookbench, typeof host, typeof load, typeof ask]; return w }
