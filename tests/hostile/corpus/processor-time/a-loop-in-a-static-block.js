// Expected: time limit
class A { static { for (;;); } }
const handler = w => w
