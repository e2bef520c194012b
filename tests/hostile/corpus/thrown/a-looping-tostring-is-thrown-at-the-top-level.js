// Expected: threw, time limit
throw { toString() { for (;;); } }
