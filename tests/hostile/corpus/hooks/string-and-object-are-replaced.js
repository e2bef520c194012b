// Expected: returned
function handler(w) { String = Object = Array = Error = Promise = null; return w }
