// Expected: time limit
for (;;);
