function handler(w) {
  let a = 1
  let b = a
  ;[1, 2].forEach((x) => { b += x })
  ;(function () { b *= 2 })()
  const c = `x`
  w.payload = { b, c }
  return w
}
