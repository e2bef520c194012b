// Expected: time limit
function handler(w) { const go = () => { try { throw 1 } catch { go2() } }, go2 = () => { for (;;) try { throw 1 } catch {} }; go(); return w }
