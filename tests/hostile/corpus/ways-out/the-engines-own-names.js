// Expected: returned
function handler(w) { w.payload = [typeof print, typeof std, typeof os, typeof bjson, typeof Worker, typeof navigator, typeof gc]; return w }
