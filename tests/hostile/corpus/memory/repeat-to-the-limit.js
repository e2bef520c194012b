// Expected: memory limit, threw, time limit
function handler(w) { 'abcdefgh'.repeat(2 ** 26); return w }
