// Intl itself, for code that names it: `toLocaleString` alone does without.
(function (host) {
  "use strict";
  const { tagsOf, supported, FALLBACK } = host.load("locale");

  // The language lets these three be called without `new`; the others say that they need it.
  const FREE = ["NumberFormat", "DateTimeFormat", "Collator"];
  const LENGTHS = { DisplayNames: 2, Locale: 1 };
  // Constructors are there at once, as every built-in is; their work is loaded when one is first touched.
  function made() {
    const shells = new Map();
    function filled(shell) {
      const record = shells.get(shell), { part, name } = record;
      if (record.kind) return record;
      const kind = (record.kind = host.load(part)[name]), { prototype } = kind;
      const put = (target, key, value) =>
        Object.defineProperty(target, key, { value, writable: true, configurable: true });
      Object.defineProperty(prototype, Symbol.toStringTag, { value: "Intl." + name, configurable: true });
      put(prototype, "constructor", record.shown);
      Object.defineProperty(shell, "prototype", { value: prototype, writable: false });
      Object.defineProperty(shell, "length", { value: LENGTHS[name] ?? 0, configurable: true });
      if (name !== "Locale") {
        put(
          shell,
          "supportedLocalesOf",
          {
            supportedLocalesOf(locales) {
              return supported(locales, arguments[1]);
            },
          }.supportedLocalesOf,
        );
      }
      return record;
    }
    const trap = {
      __proto__: null,
      construct(shell, [locales, options], target) {
        const { kind, shown } = filled(shell);
        return Reflect.construct(kind, [locales, options], target === shown ? kind : target);
      },
      apply(shell, self, [locales, options]) {
        const { name } = shells.get(shell);
        if (!FREE.includes(name)) throw new TypeError(`Constructor Intl.${name} requires 'new'`);
        const { kind } = filled(shell), one = new kind(locales, options);
        if (name === "Collator" || !(self instanceof kind)) return one;
        Object.defineProperty(self, FALLBACK, { value: one });
        return self;
      },
    };
    for (
      const key of ["get", "set", "has", "ownKeys", "getOwnPropertyDescriptor", "defineProperty", "deleteProperty"]
    ) trap[key] = (...given) => (filled(given[0]), Reflect[key](...given));
    return (part, name) => {
      const shell = { [name]: function () {} }[name], shown = new Proxy(shell, trap);
      shells.set(shell, { part, name, shown, kind: null });
      return shown;
    };
  }

  const KEYS = ["calendar", "collation", "currency", "numberingSystem", "timeZone", "unit"];
  function build() {
    const Intl = {}, constructor = made();
    const hidden = (name, value) => Object.defineProperty(Intl, name, { value, writable: true, configurable: true });
    const functions = {
      getCanonicalLocales(locales) {
        return tagsOf(locales);
      },
      supportedValuesOf(key) {
        const name = `${key}`;
        if (!KEYS.includes(name)) throw new RangeError(`Invalid key : ${name}`);
        return [...host.load("values:" + name)];
      },
    };
    for (const name of Object.keys(functions)) hidden(name, functions[name]);
    hidden("DateTimeFormat", constructor("dates", "DateTimeFormat"));
    hidden("NumberFormat", constructor("numbers", "NumberFormat"));
    hidden("Collator", constructor("order", "Collator"));
    for (const name of ["PluralRules", "RelativeTimeFormat", "ListFormat"]) hidden(name, constructor("words", name));
    hidden("Locale", constructor("tags", "Locale"));
    hidden("DisplayNames", constructor("words", "DisplayNames"));
    hidden("Segmenter", constructor("segments", "Segmenter"));
    Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
    return Intl;
  }

  return { Intl: build() };
});
