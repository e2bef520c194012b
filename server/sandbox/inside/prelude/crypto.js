// crypto: random values, digests, HMAC and MD5. In JavaScript, since nothing of Python can be reached from here.
(function (host) {
  "use strict";
  const { load } = host;
  const PRIMES = [];
  for (let n = 2; PRIMES.length < 80; n++) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);

  // The constants of SHA-2 are the first bits of the fractions of the primes' roots; whole numbers find them exactly.
  function rootBits(prime, degree, bits) {
    const target = BigInt(prime) << BigInt(bits * degree);
    let root = 0n;
    for (let bit = BigInt(bits + 5); bit >= 0n; bit--) {
      const next = root | (1n << bit);
      if (next ** BigInt(degree) <= target) root = next;
    }
    return BigInt.asUintN(bits, root);
  }
  const words = (numbers) => Uint32Array.from(numbers.flatMap((n) => [Number(n >> 32n), Number(n & 0xffffffffn)]));
  const cache = {};
  const once = (name, make) => (cache[name] ??= make());
  const K256 = () => once("k256", () => Uint32Array.from(PRIMES.slice(0, 64), (p) => Number(rootBits(p, 3, 32))));
  const H256 = () => PRIMES.slice(0, 8).map((p) => Number(rootBits(p, 2, 32)));
  const K512 = () => once("k512", () => words(PRIMES.map((p) => rootBits(p, 3, 64))));
  const H512 = () => words(PRIMES.slice(0, 8).map((p) => rootBits(p, 2, 64)));
  const H384 = () => words(PRIMES.slice(8, 16).map((p) => rootBits(p, 2, 64)));

  function padded(bytes, block) {
    const lengthBytes = block / 8;
    const size = Math.ceil((bytes.length + 1 + lengthBytes) / block) * block;
    const out = new Uint8Array(size);
    out.set(bytes);
    out[bytes.length] = 0x80;
    const view = new DataView(out.buffer);
    view.setUint32(size - 8, Math.floor(bytes.length / 0x20000000));
    view.setUint32(size - 4, (bytes.length << 3) >>> 0);
    return view;
  }

  function bigEndian(numbers, count) {
    const view = new DataView(new ArrayBuffer(numbers.length * 4));
    numbers.forEach((number, i) => view.setUint32(i * 4, number));
    return new Uint8Array(view.buffer, 0, count).slice();
  }

  const left = (x, n) => (x << n) | (x >>> (32 - n));
  const right = (x, n) => (x >>> n) | (x << (32 - n));

  const { sin, abs, floor } = Math;
  const K5 = () => once("k5", () => Int32Array.from({ length: 64 }, (_, i) => floor(abs(sin(i + 1)) * 2 ** 32)));
  const TURNS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

  function md5(bytes) {
    const view = padded(bytes, 64);
    const end = view.byteLength - 8;
    const [high, low] = [view.getUint32(end), view.getUint32(end + 4)];
    view.setUint32(end, low, true);
    view.setUint32(end + 4, high, true);
    const k = K5();
    const hash = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
    for (let at = 0; at < view.byteLength; at += 64) {
      let [a, b, c, d] = hash;
      for (let i = 0; i < 64; i++) {
        const round = i >> 4;
        const f = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
        const word = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] % 16;
        const next = (a + f + k[i] + view.getInt32(at + word * 4, true)) | 0;
        a = d;
        d = c;
        c = b;
        b = (b + left(next, TURNS[round][i % 4])) | 0;
      }
      hash[0] += a;
      hash[1] += b;
      hash[2] += c;
      hash[3] += d;
    }
    return new Uint8Array(hash.buffer);
  }

  // Half a character becomes U+FFFD, as TextEncoder has it.
  const utf8 = (text) => Uint8Array.from(unescape(encodeURIComponent(text.toWellFormed())), (c) => c.charCodeAt(0));

  function sha1(bytes) {
    const view = padded(bytes, 64);
    const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    const w = new Int32Array(80);
    for (let at = 0; at < view.byteLength; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
      for (let i = 16; i < 80; i++) w[i] = left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
      let [a, b, c, d, e] = hash;
      for (let i = 0; i < 80; i++) {
        const f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
        const k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        const next = (left(a, 5) + f + e + k + w[i]) | 0;
        e = d;
        d = c;
        c = left(b, 30);
        b = a;
        a = next;
      }
      hash[0] += a;
      hash[1] += b;
      hash[2] += c;
      hash[3] += d;
      hash[4] += e;
      for (let i = 0; i < 5; i++) hash[i] |= 0;
    }
    return bigEndian(hash, 20);
  }

  function sha256(bytes) {
    const view = padded(bytes, 64);
    const k = K256();
    const hash = Int32Array.from(H256());
    const w = new Int32Array(64);
    for (let at = 0; at < view.byteLength; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
      for (let i = 16; i < 64; i++) {
        const s0 = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const s1 = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
      }
      let a = hash[0], b = hash[1], c = hash[2], d = hash[3], e = hash[4], f = hash[5], g = hash[6], h = hash[7];
      for (let i = 0; i < 64; i++) {
        const s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
        const s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + t1) | 0;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) | 0;
      }
      hash[0] += a;
      hash[1] += b;
      hash[2] += c;
      hash[3] += d;
      hash[4] += e;
      hash[5] += f;
      hash[6] += g;
      hash[7] += h;
    }
    return bigEndian(hash, 32);
  }

  const M64 = 0xffffffffffffffffn;
  const right64 = (x, n) => ((x >> n) | (x << (64n - n))) & M64;

  function sha512(bytes, start, size) {
    const view = padded(bytes, 128);
    const pairs = (list) =>
      Array.from({ length: list.length / 2 }, (_, i) => (BigInt(list[2 * i]) << 32n) | BigInt(list[2 * i + 1]));
    const k = once("k512n", () => pairs(K512()));
    const hash = pairs(start());
    const w = new Array(80);
    for (let at = 0; at < view.byteLength; at += 128) {
      for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(at + i * 8);
      for (let i = 16; i < 80; i++) {
        const s0 = right64(w[i - 15], 1n) ^ right64(w[i - 15], 8n) ^ (w[i - 15] >> 7n);
        const s1 = right64(w[i - 2], 19n) ^ right64(w[i - 2], 61n) ^ (w[i - 2] >> 6n);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) & M64;
      }
      let [a, b, c, d, e, f, g, h] = hash;
      for (let i = 0; i < 80; i++) {
        const s1 = right64(e, 14n) ^ right64(e, 18n) ^ right64(e, 41n);
        const t1 = h + s1 + ((e & f) ^ (~e & M64 & g)) + k[i] + w[i];
        const s0 = right64(a, 28n) ^ right64(a, 34n) ^ right64(a, 39n);
        const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = (d + t1) & M64;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) & M64;
      }
      [a, b, c, d, e, f, g, h].forEach((word, i) => (hash[i] = (hash[i] + word) & M64));
    }
    return bigEndian(words(hash), size);
  }

  const DIGESTS = {
    "SHA-1": [sha1, 64],
    "SHA-256": [sha256, 64],
    "SHA-384": [(bytes) => sha512(bytes, H384, 48), 128],
    "SHA-512": [(bytes) => sha512(bytes, H512, 64), 128],
  };

  function digestOf(algorithm) {
    const name = String(typeof algorithm === "object" ? algorithm.name : algorithm).toUpperCase();
    if (!Object.hasOwn(DIGESTS, name)) throw new DOMException("Unrecognized algorithm name", "NotSupportedError");
    return name;
  }

  function bytesOf(data) {
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    throw new TypeError(
      "The data must be an ArrayBuffer, a TypedArray or a DataView. Use new TextEncoder().encode(text).",
    );
  }

  function hmac(name, secret, message) {
    const [digest, block] = DIGESTS[name];
    const key = new Uint8Array(block);
    key.set(secret.length > block ? digest(secret) : secret);
    const joined = (pad, rest) => {
      const bytes = new Uint8Array(block + rest.length);
      for (let i = 0; i < block; i++) bytes[i] = key[i] ^ pad;
      bytes.set(rest, block);
      return bytes;
    };
    return digest(joined(0x5c, digest(joined(0x36, message))));
  }

  const secrets = new WeakMap();
  class CryptoKey {
    constructor() {
      throw new TypeError("Illegal constructor");
    }
  }
  function keyOf(secret, hash, extractable, usages) {
    const fields = {
      type: "secret",
      extractable: Boolean(extractable),
      algorithm: { name: "HMAC", length: secret.length * 8, hash: { name: hash } },
      usages: [...usages],
    };
    const key = Object.freeze(Object.assign(Object.create(CryptoKey.prototype), fields));
    secrets.set(key, secret);
    return key;
  }
  function secretOf(algorithm, key, usage) {
    const name = String(typeof algorithm === "object" ? algorithm.name : algorithm).toUpperCase();
    if (name !== "HMAC") throw new DOMException("Only HMAC keys sign and verify here.", "NotSupportedError");
    if (!secrets.has(key)) throw new TypeError("The key must come from crypto.subtle.importKey.");
    if (!key.usages.includes(usage)) throw new DOMException(`Unable to use this key to ${usage}`, "InvalidAccessError");
    return [key.algorithm.hash.name, secrets.get(key)];
  }
  const unbase64 = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const base64 = (bytes) =>
    btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

  class SubtleCrypto {
    async digest(algorithm, data) {
      return DIGESTS[digestOf(algorithm)][0](bytesOf(data)).buffer;
    }
    async importKey(format, data, algorithm, extractable, usages) {
      if (String(algorithm?.name ?? algorithm).toUpperCase() !== "HMAC") {
        throw new DOMException("Only HMAC keys can be imported here.", "NotSupportedError");
      }
      if (format !== "raw" && format !== "jwk") {
        throw new DOMException("Only raw and jwk keys can be imported here.", "NotSupportedError");
      }
      const secret = format === "raw" ? bytesOf(data).slice() : unbase64(data.k);
      if (!secret.length) throw new DOMException("Zero-length key is not supported", "DataError");
      return keyOf(secret, digestOf(algorithm.hash), extractable, usages);
    }
    async generateKey(algorithm, extractable, usages) {
      const hash = digestOf(algorithm.hash);
      return keyOf(
        crypto.getRandomValues(new Uint8Array((algorithm.length ?? DIGESTS[hash][1] * 8) / 8)),
        hash,
        extractable,
        usages,
      );
    }
    async exportKey(format, key) {
      const secret = secrets.get(key);
      if (!key.extractable) throw new DOMException("key is not extractable", "InvalidAccessError");
      if (format === "raw") return secret.slice().buffer;
      return {
        kty: "oct",
        k: base64(secret),
        alg: "HS" + key.algorithm.hash.name.slice(4),
        key_ops: [...key.usages],
        ext: true,
      };
    }
    async sign(algorithm, key, data) {
      return hmac(...secretOf(algorithm, key, "sign"), bytesOf(data)).buffer;
    }
    async verify(algorithm, key, signature, data) {
      const right = hmac(...secretOf(algorithm, key, "verify"), bytesOf(data));
      const given = bytesOf(signature);
      let different = right.length ^ given.length;
      for (let i = 0; i < right.length; i++) different |= right[i] ^ given[i];
      return different === 0;
    }
  }

  // Each event brings 32 bytes of the system's randomness; SHA-256 in counter mode makes more of them.
  const seed = Uint8Array.from(load("entropy").match(/../g), (hex) => parseInt(hex, 16));
  let drawn = 0;
  let pool = [];
  function randomByte() {
    if (!pool.length) {
      const input = new Uint8Array(36);
      input.set(seed);
      new DataView(input.buffer).setUint32(32, drawn++);
      pool = Array.from(sha256(input));
    }
    return pool.pop();
  }

  class Crypto {
    get subtle() {
      return subtle;
    }
    getRandomValues(array) {
      const whole = /^(Big)?(Int|Uint)\d+(Clamped)?Array$/.test(array?.[Symbol.toStringTag]);
      if (!whole) throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
      if (array.byteLength > 65536) {
        throw new DOMException(`The requested length exceeds 65,536 bytes`, "QuotaExceededError");
      }
      const bytes = bytesOf(array);
      for (let i = 0; i < bytes.length; i++) bytes[i] = randomByte();
      return array;
    }
    // Not in the standard: some destinations name a person by the MD5 of the e-mail address, and subtle lacks MD5.
    md5(text) {
      return Array.from(md5(utf8(String(text))), (byte) => byte.toString(16).padStart(2, "0")).join("");
    }
    randomUUID() {
      const bytes = Array.from({ length: 16 }, randomByte);
      bytes[6] = (bytes[6] & 15) | 64;
      bytes[8] = (bytes[8] & 63) | 128;
      const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    }
  }
  for (const kind of [Crypto, SubtleCrypto, CryptoKey]) {
    Object.defineProperty(kind.prototype, Symbol.toStringTag, { value: kind.name, configurable: true });
  }
  const subtle = new SubtleCrypto();
  const crypto = new Crypto();
  return { crypto, Crypto, CryptoKey, SubtleCrypto };
});
