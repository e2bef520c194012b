// URL and URLSearchParams after the WHATWG standard, for what merchants' code does: building and taking apart
// addresses.
(function (host) {
  "use strict";
  const { load } = host;
  const PORTS = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
  const isSpecial = (protocol) => Object.hasOwn(PORTS, protocol);

  // Sets of characters to percent-encode, each a regular expression; everything outside printable ASCII always is.
  const FRAGMENT = /[^!#-;=?-_a-~]/gu;
  const QUERY = /[^!$-;=?-~]/gu;
  const SPECIAL_QUERY = /[^!$-&(-;=?-~]/gu;
  const PATH = /[^!$-;=@-_a-z|~]/gu;
  const USERINFO = /[^!$-.0-9A-Z_a-z~%]/gu;
  const OPAQUE = /[^ -~]/gu;

  const bytesOf = (text) => load("encoding").encode(text);
  const textOf = (bytes) => load("encoding").decode(bytes);
  const percent = (byte) => "%" + (byte < 16 ? "0" : "") + byte.toString(16).toUpperCase();
  const encoded = (text, set) => text.replace(set, (character) => Array.from(bytesOf(character), percent).join(""));

  function decoded(text) {
    if (!text.includes("%")) return text;
    const bytes = bytesOf(text);
    const out = [];
    for (let i = 0; i < bytes.length; i++) {
      const hex = bytes[i] === 37 ? String.fromCharCode(bytes[i + 1], bytes[i + 2]) : "";
      if (/^[\da-f]{2}$/i.test(hex)) {
        out.push(parseInt(hex, 16));
        i += 2;
      } else {
        out.push(bytes[i]);
      }
    }
    return textOf(Uint8Array.from(out));
  }

  function invalid(input) {
    const error = new TypeError("Invalid URL");
    error.code = "ERR_INVALID_URL";
    error.input = input;
    return error;
  }

  function punycode(label) {
    const points = Array.from(label, (character) => character.codePointAt(0));
    let out = points.filter((point) => point < 128).map((point) => String.fromCharCode(point)).join("");
    const basic = out.length;
    let handled = basic, n = 128, delta = 0, bias = 72;
    if (basic) out += "-";
    const digit = (d) => String.fromCharCode(d < 26 ? d + 97 : d + 22);
    while (handled < points.length) {
      const next = Math.min(...points.filter((point) => point >= n));
      delta += (next - n) * (handled + 1);
      n = next;
      for (const point of points) {
        if (point < n) delta++;
        if (point !== n) continue;
        let q = delta;
        for (let k = 36;; k += 36) {
          const t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
          if (q < t) break;
          out += digit(t + ((q - t) % (36 - t)));
          q = Math.floor((q - t) / (36 - t));
        }
        out += digit(q);
        delta = handled === basic ? Math.floor(delta / 700) : delta >> 1;
        delta += Math.floor(delta / (handled + 1));
        let k = 0;
        for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
        bias = k + Math.floor((36 * delta) / (delta + 38));
        delta = 0;
        handled++;
      }
      delta++;
      n++;
    }
    return "xn--" + out;
  }

  function hostOf(text, special, input) {
    if (text.startsWith("[")) {
      if (!text.endsWith("]")) throw invalid(input);
      return "[" + ipv6(text.slice(1, -1), input) + "]";
    }
    if (!special) {
      if (/[\0\t\n\r #/:<>?@[\\\]^|]/.test(text)) throw invalid(input);
      return encoded(text, OPAQUE);
    }
    const name = decoded(text).normalize("NFKC").toLowerCase().replace(/[\u3002\uff0e\uff61]/g, ".").replace(
      /\u00ad/g,
      "",
    );
    const ascii = name.split(".").map((label) => (/[^\0-\x7f]/.test(label) ? punycode(label) : label)).join(".");
    if (!ascii || /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/.test(ascii)) throw invalid(input);
    const labels = ascii.replace(/\.$/, "").split(".");
    return /^(\d+|0x[\da-f]*)$/.test(labels.at(-1)) ? ipv4(labels, input) : ascii;
  }

  function ipv4(labels, input) {
    if (labels.length > 4) throw invalid(input);
    const numbers = labels.map((label) => {
      if (/^0x[\da-f]*$/.test(label)) return parseInt(label.slice(2) || "0", 16);
      if (/^0[0-7]*$/.test(label)) return parseInt(label, 8);
      if (/^[1-9]\d*$/.test(label)) return Number(label);
      throw invalid(input);
    });
    const last = numbers.pop();
    if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) throw invalid(input);
    const whole = numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), last);
    return [24, 16, 8, 0].map((shift) => Math.floor(whole / 2 ** shift) % 256).join(".");
  }

  function ipv6(text, input) {
    const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
    if (tail) {
      const [a, b, c, d] = tail.slice(2).map(Number);
      if ([a, b, c, d].some((n) => n > 255)) throw invalid(input);
      text = tail[1] + (a * 256 + b).toString(16) + ":" + (c * 256 + d).toString(16);
    }
    const halves = text.split("::");
    if (halves.length > 2) throw invalid(input);
    const [front, back] = halves.map((half) => (half ? half.split(":") : []));
    const missing = 8 - front.length - (back?.length ?? 0);
    if (back ? missing < 1 : missing) throw invalid(input);
    const pieces = [...front, ...Array(missing).fill("0"), ...(back ?? [])];
    if (!pieces.every((piece) => /^[\da-f]{1,4}$/i.test(piece))) throw invalid(input);
    const short = pieces.map((piece) => parseInt(piece, 16).toString(16));
    let best = -1, length = 1;
    for (let i = 0; i < 8; i++) {
      let end = i;
      while (short[end] === "0") end++;
      if (end - i > length) [best, length] = [i, end - i];
    }
    if (best < 0) return short.join(":");
    return short.slice(0, best).join(":") + "::" + short.slice(best + length).join(":");
  }

  function portOf(text, protocol, input) {
    if (!/^\d*$/.test(text) || Number(text) > 65535) throw invalid(input);
    const port = text && String(Number(text));
    return port === PORTS[protocol] ? "" : port;
  }

  function pathOf(text, above, special) {
    const path = [...above];
    const steps = text.split("/");
    steps.forEach((step, i) => {
      const last = i === steps.length - 1;
      if (/^(\.|%2e)(\.|%2e)$/i.test(step)) {
        path.pop();
        if (last) path.push("");
      } else if (/^(\.|%2e)$/i.test(step)) {
        if (last) path.push("");
      } else {
        path.push(encoded(step, PATH));
      }
    });
    return path.length ? "/" + path.join("/") : special ? "/" : "";
  }

  const EMPTY = {
    protocol: "",
    username: "",
    password: "",
    hostname: null,
    port: "",
    pathname: "",
    search: "",
    hash: "",
  };

  function parsed(given, base) {
    const input = given.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "").replace(/[\t\n\r]/g, "");
    const [, scheme, afterScheme] = /^([A-Za-z][A-Za-z\d+.-]*:)?([^]*)$/.exec(input);
    const [, hierarchy, query, fragment] = /^([^?#]*)(\?[^#]*)?(#[^]*)?$/.exec(afterScheme);
    const protocol = scheme ? scheme.toLowerCase() : base?.protocol;
    if (!protocol) throw invalid(given);
    const special = isSpecial(protocol);
    const parts = { ...EMPTY, protocol };
    const rest = special ? hierarchy.replaceAll("\\", "/") : hierarchy;
    const relative = base && (!scheme || (special && protocol === base.protocol && !rest.startsWith("/")));
    if (relative && base.opaque && (rest || query || !fragment)) throw invalid(given);

    if (rest.startsWith("//") || (special && !relative && protocol !== "file:")) {
      const [, authority, path] =
        /^\/*([^/]*)([^]*)$/.exec(special && protocol !== "file:" ? rest : rest.slice(2).replace(/^/, "\0")) ??
          [];
      takeAuthority(parts, authority.replace("\0", ""), special, given);
      parts.pathname = path || special ? pathOf(path.replace(/^\//, ""), [], special) : "";
    } else if (relative) {
      Object.assign(parts, {
        username: base.username,
        password: base.password,
        hostname: base.hostname,
        port: base.port,
      });
      const above = base.pathname.split("/").slice(1, -1);
      if (rest.startsWith("/")) parts.pathname = pathOf(rest.slice(1), [], special);
      else if (rest) parts.pathname = pathOf(rest, above, special);
      else {Object.assign(parts, {
          pathname: base.pathname,
          opaque: base.opaque,
          search: query === undefined ? base.search : "",
        });}
    } else if (protocol === "file:") {
      parts.hostname = "";
      parts.pathname = pathOf(rest.replace(/^\//, ""), [], special);
    } else if (rest.startsWith("/")) {
      parts.pathname = pathOf(rest.slice(1), [], special);
    } else {
      parts.opaque = true;
      parts.pathname = encoded(rest, OPAQUE);
    }
    if (query !== undefined) {
      parts.search = query === "?" ? "" : "?" + encoded(query.slice(1), special ? SPECIAL_QUERY : QUERY);
    }
    if (fragment !== undefined) parts.hash = fragment === "#" ? "" : "#" + encoded(fragment.slice(1), FRAGMENT);
    return parts;
  }

  function takeAuthority(parts, authority, special, input) {
    const at = authority.lastIndexOf("@");
    if (at >= 0) {
      const [, user, password] = /^([^:]*):?([^]*)$/.exec(authority.slice(0, at));
      parts.username = encoded(user, USERINFO);
      parts.password = encoded(password, USERINFO);
    }
    const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::([^]*))?$/.exec(authority.slice(at + 1)) ?? [];
    if (host === undefined || (!host && (special ? parts.protocol !== "file:" : at >= 0 || port))) throw invalid(input);
    parts.hostname = host ? hostOf(host, special, input) : "";
    if (parts.protocol === "file:" && parts.hostname === "localhost") parts.hostname = "";
    parts.port = port ? portOf(port, parts.protocol, input) : "";
  }

  class URL {
    #parts;
    #params;

    constructor(url, base) {
      if (!arguments.length) throw new TypeError('The "url" argument must be specified');
      const under = base === undefined ? undefined : parsed(String(base));
      this.#parts = parsed(String(url), under);
      this.#params = new URLSearchParams(this.#parts.search);
      listeners.set(this.#params, (query) => (this.#parts.search = query && "?" + query));
    }

    static canParse(url, base) {
      return URL.parse(url, base) !== null;
    }

    static parse(url, base) {
      try {
        return new URL(url, base);
      } catch {
        return null;
      }
    }

    #change(changes) {
      Object.assign(this.#parts, changes);
    }

    // A setter that is given nonsense leaves the address as it was.
    #attempt(change) {
      try {
        this.#change(change());
      } catch {}
    }

    get href() {
      const { protocol, username, password, hostname, pathname, search, hash, opaque } = this.#parts;
      const who = username || password ? username + (password && ":" + password) + "@" : "";
      const where = hostname === null ? (!opaque && pathname.startsWith("//") ? "/." : "") : "//" + who + this.host;
      return protocol + where + pathname + search + hash;
    }
    set href(value) {
      this.#parts = parsed(String(value));
      refill(this.#params, this.#parts.search);
    }
    get origin() {
      if (this.protocol === "blob:" && /^https?:/.test(this.pathname)) {
        return URL.canParse(this.pathname) ? new URL(this.pathname).origin : "null";
      }
      return isSpecial(this.protocol) && this.protocol !== "file:" ? this.protocol + "//" + this.host : "null";
    }
    get protocol() {
      return this.#parts.protocol;
    }
    set protocol(value) {
      const [, scheme] = /^([A-Za-z][A-Za-z\d+.-]*):?/.exec(String(value)) ?? [];
      const protocol = scheme?.toLowerCase() + ":";
      if (scheme && isSpecial(protocol) === isSpecial(this.protocol)) {
        this.#change({ protocol, port: this.port === PORTS[protocol] ? "" : this.port });
      }
    }
    get username() {
      return this.#parts.username;
    }
    set username(value) {
      if (this.hostname) this.#change({ username: encoded(String(value), USERINFO) });
    }
    get password() {
      return this.#parts.password;
    }
    set password(value) {
      if (this.hostname) this.#change({ password: encoded(String(value), USERINFO) });
    }
    get host() {
      return this.hostname + (this.port && ":" + this.port);
    }
    set host(value) {
      if (this.#parts.opaque) return;
      this.#attempt(() => {
        const parts = { ...EMPTY, protocol: this.protocol };
        takeAuthority(parts, String(value).split(/[/?#]/)[0].replace(/^.*@/, ""), isSpecial(this.protocol), value);
        return { hostname: parts.hostname, port: String(value).includes(":") ? parts.port : this.port };
      });
    }
    get hostname() {
      return this.#parts.hostname ?? "";
    }
    set hostname(value) {
      if (this.#parts.opaque) return;
      this.#attempt(() => ({ hostname: hostOf(String(value).split(/[/?#:]/)[0], isSpecial(this.protocol), value) }));
    }
    get port() {
      return this.#parts.port;
    }
    set port(value) {
      const digits = /^\d*/.exec(String(value))[0];
      if (this.hostname && (digits || value === "")) {
        this.#attempt(() => ({ port: portOf(digits, this.protocol, value) }));
      }
    }
    get pathname() {
      return this.#parts.pathname;
    }
    set pathname(value) {
      if (this.#parts.opaque) return;
      const special = isSpecial(this.protocol);
      const path = special ? String(value).replaceAll("\\", "/") : String(value);
      this.#change({
        pathname: pathOf(path.replace(/^\//, "").replace(/[?#]/g, (c) => (c === "?" ? "%3F" : "%23")), [], special),
      });
    }
    get search() {
      return this.#parts.search;
    }
    set search(value) {
      const query = String(value).replace(/^\?/, "");
      this.#change({
        search: query && "?" + encoded(query.replaceAll("#", "%23"), isSpecial(this.protocol) ? SPECIAL_QUERY : QUERY),
      });
      refill(this.#params, this.#parts.search);
    }
    get hash() {
      return this.#parts.hash;
    }
    set hash(value) {
      const fragment = String(value).replace(/^#/, "");
      this.#change({ hash: fragment && "#" + encoded(fragment, FRAGMENT) });
    }
    get searchParams() {
      return this.#params;
    }
    toString() {
      return this.href;
    }
    toJSON() {
      return this.href;
    }
    // As Node's console prints it.
    [Symbol.for("nodejs.util.inspect.custom")](depth, options, show) {
      if (depth < 0) return this;
      const { href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams, hash } =
        this;
      return "URL " +
        show(
          { href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams, hash },
          options,
        );
    }
  }

  const listeners = new WeakMap();
  let refill;
  const formDecoded = (text) => decoded(text.replaceAll("+", " "));
  const formEncoded = (text) => encoded(text, /[^*\-.0-9A-Z_a-z ]/gu).replaceAll(" ", "+");
  const wellFormed = (value) => String(value).toWellFormed();

  class URLSearchParams {
    #pairs = [];
    static {
      refill = (params, search) => (params.#pairs = pairsOf(search));
    }

    constructor(init = "") {
      if (init !== null && (typeof init === "object" || typeof init === "function")) {
        const pairs = typeof init[Symbol.iterator] === "function"
          ? Array.from(init, (pair) => Array.from(pair))
          : Object.entries(init);
        if (!pairs.every((pair) => pair.length === 2)) {
          throw new TypeError("Each query pair must be an iterable [name, value] tuple");
        }
        this.#pairs = pairs.map(([name, value]) => [wellFormed(name), wellFormed(value)]);
      } else {
        this.#pairs = pairsOf(init === null ? "" : wellFormed(init));
      }
    }

    #changed() {
      listeners.get(this)?.(this.toString());
    }

    get size() {
      return this.#pairs.length;
    }
    append(name, value) {
      needed(arguments, "name", "value");
      this.#pairs.push([wellFormed(name), wellFormed(value)]);
      this.#changed();
    }
    delete(name, value) {
      needed(arguments, "name");
      this.#pairs = this.#pairs.filter(([known, held]) =>
        known !== String(name) || (value !== undefined && held !== String(value))
      );
      this.#changed();
    }
    get(name) {
      needed(arguments, "name");
      return this.#pairs.find(([known]) => known === String(name))?.[1] ?? null;
    }
    getAll(name) {
      needed(arguments, "name");
      return this.#pairs.filter(([known]) => known === String(name)).map(([, value]) => value);
    }
    has(name, value) {
      needed(arguments, "name");
      return this.#pairs.some(([known, held]) =>
        known === String(name) && (value === undefined || held === String(value))
      );
    }
    set(name, value) {
      needed(arguments, "name", "value");
      const first = this.#pairs.findIndex(([known]) => known === String(name));
      if (first < 0) return this.append(name, value);
      this.#pairs[first][1] = wellFormed(value);
      this.#pairs = this.#pairs.filter(([known], i) => i <= first || known !== String(name));
      this.#changed();
    }
    sort() {
      this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      this.#changed();
    }
    forEach(visit, self) {
      for (const [name, value] of this.#pairs) visit.call(self, value, name, this);
    }
    *entries() {
      yield* this.#pairs.map(([name, value]) => [name, value]);
    }
    *keys() {
      for (const [name] of this.#pairs) yield name;
    }
    *values() {
      for (const [, value] of this.#pairs) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    [Symbol.for("nodejs.util.inspect.custom")](depth, _options, show) {
      if (depth < 0) return "[URLSearchParams]";
      const shown = this.#pairs.map(([name, value]) => `${show(name)} => ${show(value)}`);
      const length = shown.reduce((sum, pair) => sum + pair.length + 2, 0);
      if (!shown.length) return "URLSearchParams {}";
      return length <= 80 ? `URLSearchParams { ${shown.join(", ")} }` : `URLSearchParams {\n  ${shown.join(",\n  ")} }`;
    }
    toString() {
      return this.#pairs.map(([name, value]) => formEncoded(name) + "=" + formEncoded(value)).join("&");
    }
  }

  function needed(given, ...names) {
    if (given.length >= names.length) return;
    const list = names.map((name) => `"${name}"`).join(" and ");
    throw Object.assign(new TypeError(`The ${list} argument${names.length > 1 ? "s" : ""} must be specified`), {
      code: "ERR_MISSING_ARGS",
    });
  }
  function pairsOf(search) {
    return search.replace(/^\?/, "").split("&").filter(Boolean).map((pair) => {
      const [, name, value] = /^([^=]*)=?([^]*)$/.exec(pair);
      return [formDecoded(name), formDecoded(value)];
    });
  }

  for (const kind of [URL, URLSearchParams]) {
    Object.defineProperty(kind.prototype, Symbol.for("nodejs.util.inspect.custom"), { enumerable: false });
    Object.defineProperty(kind.prototype, Symbol.toStringTag, { value: kind.name, configurable: true });
  }
  return { URL, URLSearchParams };
});
