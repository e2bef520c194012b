function handler(w) { w.payload = [eval("1 + 1"), new Function("a", "b", "return a * b")(6, 7), eval("(() => 'x')()"), (0, eval)("typeof w")]; return w; }
