// Expected: returned, time limit, memory limit, threw
function handler(w) { new FinalizationRegistry(() => { for (;;); }).register({}, 1); for (let i = 0; i < 1e5; i++) ({}); return w }
