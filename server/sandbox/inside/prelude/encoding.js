// TextEncoder and TextDecoder: UTF-8, UTF-16 and Latin-1, under all their labels.
(function () {
  "use strict";

  function encode(text) {
    const points = String(text).toWellFormed();
    const bytes = new Uint8Array(points.length * 3);
    let end = 0;
    for (let i = 0; i < points.length; i++) {
      const point = points.codePointAt(i);
      if (point < 0x80) {
        bytes[end++] = point;
      } else if (point < 0x800) {
        bytes[end++] = 0xc0 | (point >> 6);
        bytes[end++] = 0x80 | (point & 63);
      } else if (point < 0x10000) {
        bytes[end++] = 0xe0 | (point >> 12);
        bytes[end++] = 0x80 | ((point >> 6) & 63);
        bytes[end++] = 0x80 | (point & 63);
      } else {
        i++;
        bytes[end++] = 0xf0 | (point >> 18);
        bytes[end++] = 0x80 | ((point >> 12) & 63);
        bytes[end++] = 0x80 | ((point >> 6) & 63);
        bytes[end++] = 0x80 | (point & 63);
      }
    }
    return bytes.slice(0, end);
  }

  function bytesOf(data) {
    if (data === undefined) return new Uint8Array();
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data);
    throw new TypeError(
      'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.',
    );
  }

  const WRONG = "The encoded data was not valid for encoding utf-8";

  // Each wrong sequence becomes one U+FFFD, as long as its longest right beginning.
  function decode(bytes, fatal) {
    let out = "";
    let pieces = [];
    const put = (point) => {
      pieces.push(point);
      if (pieces.length < 4096) return;
      out += String.fromCodePoint.apply(null, pieces);
      pieces = [];
    };
    for (let i = 0; i < bytes.length;) {
      const first = bytes[i++];
      if (first < 0x80) {
        put(first);
        continue;
      }
      const more = first >= 0xc2 && first < 0xe0
        ? 1
        : first >= 0xe0 && first < 0xf0
        ? 2
        : first >= 0xf0 && first < 0xf5
        ? 3
        : 0;
      let point = first & (0x3f >> more);
      let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      let taken = 0;
      while (taken < more && bytes[i] >= low && bytes[i] <= high) {
        point = (point << 6) | (bytes[i++] & 0x3f);
        [low, high] = [0x80, 0xbf];
        taken++;
      }
      const right = more && taken === more;
      if (!right && fatal) throw Object.assign(new TypeError(WRONG), { code: "ERR_ENCODING_INVALID_ENCODED_DATA" });
      put(right ? point : 0xfffd);
    }
    return out + String.fromCodePoint.apply(null, pieces);
  }

  const LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "windows-1252":
      "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "utf-16be": "unicodefffe utf-16be",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
  };
  const encodingOf = (label) => Object.keys(LABELS).find((name) => LABELS[name].split(" ").includes(label));

  function decodeWide(bytes, big) {
    let out = "";
    for (let i = 0; i + 1 < bytes.length; i += 2) {
      out += String.fromCharCode(big ? bytes[i] * 256 + bytes[i + 1] : bytes[i + 1] * 256 + bytes[i]);
    }
    return (bytes.length % 2 ? out + "\ufffd" : out).toWellFormed();
  }

  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return encode(`${text}`);
    }
    encodeInto(text, target) {
      let read = 0, written = 0;
      for (const character of String(text)) {
        const bytes = encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    #kept = [];
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      this.#encoding = encodingOf(String(label).trim().toLowerCase());
      if (!this.#encoding) {
        throw Object.assign(new RangeError(`The "${label}" encoding is not supported`), {
          code: "ERR_ENCODING_NOT_SUPPORTED",
        });
      }
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }
    get encoding() {
      return this.#encoding;
    }
    get fatal() {
      return this.#fatal;
    }
    get ignoreBOM() {
      return this.#ignoreBOM;
    }
    decode(data, { stream = false } = {}) {
      let bytes = bytesOf(data);
      if (this.#kept.length) bytes = Uint8Array.from([...this.#kept, ...bytes]);
      const held = stream ? unfinished(bytes, this.#encoding) : 0;
      this.#kept = Array.from(bytes.subarray(bytes.length - held));
      bytes = bytes.subarray(0, bytes.length - held);
      const text = this.#encoding === "utf-8"
        ? decode(bytes, this.#fatal)
        : this.#encoding === "windows-1252"
        ? Array.from(bytes, (b) => String.fromCharCode(b)).join("") // as Node 20 does, which takes it for Latin-1
        : decodeWide(bytes, this.#encoding === "utf-16be");
      return !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
  }

  // How many bytes at the end are the beginning of a character whose rest comes later.
  function unfinished(bytes, encoding) {
    if (encoding.startsWith("utf-16")) return bytes.length % 2;
    if (encoding !== "utf-8") return 0;
    for (let back = 1; back <= Math.min(3, bytes.length); back++) {
      const byte = bytes[bytes.length - back];
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
      if (byte < 0x80) return 0;
    }
    return 0;
  }

  return { TextEncoder, TextDecoder, encode, decode };
});
