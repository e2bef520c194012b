// Expected: threw
throw new TypeError('x')
