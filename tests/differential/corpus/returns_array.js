const handler = (w) => [w];
