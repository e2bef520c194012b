// Intl.Collator and localeCompare, after the order that Unicode gives all languages (CLDR's root): signs, digits,
// letters by script; where those are the same, accents; where these are, small before capital. A language then has
// letters of its own, such as `ch` in Slovak, and its script before others.
(function (host) {
  "use strict";
  const { resolve, option, system, extended, optionsOf: objectOf, matcher } = host.load("locale");

  // In their order; what follows \x01 counts as the one before it.
  const SIGNS =
    "\u2028\u2029 _-‐‒–—―⁓,、;⁏:!¡?¿‽.。·⁕⁖⁘⁙⁚⁛⁜⁝⁞'\x01‘\x01’\x01‚\x01‛‹›\"\x01“\x01”\x01„\x01‟«»()[]{}⁅⁆〈〉《》「」『』【】〔〕〖〗‖§¶⁋@*⁎⁑/\\&⁊#%‰‱†‡•‣‧⁃⁌⁍′‵〃‸※‿⁔⁀⁐⁁⁂`^°©®←→↑↓+±÷×<=>¬|¦~−⁒⁄√∞≤≥〄〒〓¤¢$£¥₠₡₢₣₤₥₦₩₪₫€₭₮₯₰₱₲₳₴₵₶₷₸₹₺₻₼₽₾₿⃀";
  const MARKS =
    "\u0313\u0314\u0301\u0300\u0306\u0302\u030c\u030a\u0342\u0308\u030b\u0303\u0307\u0338\u0327\u0328\u0304\u0309\u0311\u031b\u0323\u0324\u0325\u0326\u032d\u032e\u0330\u0331\u0345";
  const LETTERS = "aæbcdeəɛfghiıjklmnŋoœɔpqĸrstuvwxyzʒƿþ";
  const SCRIPTS = {
    Grek: "αβγᴦδεϝͷϛζͱηθιϳκϗλᴧμνξοπᴨϻϟϙρᴩϼς\x01σͼͻͽτυφχψᴪωϡͳϸ",
    Cyrl:
      "аәӕбвг\x01ґғӻҕӷдԁђԃҙеєжԫҗзԅԑѕӡԇиҋіјкқӄҡҟҝԟԛлӆԯԓԡљԉԕмӎнԩӊңӈԣҥњԋоөпԥҧҁрҏԗсԍҫтԏҭћуүұѹфхӽӿҳһԧѡѿѽѻцҵчԭҷӌҹҽҿџшщъыьҍѣэюяԙѥѧѫѩѭѯѱѳѵҩԝӏ",
    Geor: "აბგდევზჱთიკლმნჲოპჟრსტჳუფქღყშჩცძწჭხჴჯჰჵჶჷჸჹჺჽჾჿ",
    Armn: "աՠբգդեզէըթժիլխծկհձղճմյֈնշոչպջռսվտրցւփքօֆՙ",
    Hebr:
      "\u05d0\u05d1\u05d2\u05d3\u05d4\u05d5\u05f0\u05f1\u05d6\u05d7\u05d8\u05d9\u05ef\u05f2\u05da\x01\u05db\u05dc\u05dd\x01\u05de\u05df\x01\u05e0\u05e1\u05e2\u05e3\x01\u05e4\u05e5\x01\u05e6\u05e7\u05e8\u05e9\u05ea",
    Arab:
      "\u0621\x01\u0674\u0672\u0671\u0673\u0627\u066e\u0628\u067b\u067e\u0680\u0629\u062a\u062b\u0679\u067a\u067c\u067d\u067f\u062c\u0683\u0684\u0686\u06bf\u0687\u062d\u062e\u0681\u0682\u0685\u062f\u0630\u0688\u0689\u068a\u068b\u068c\u068d\u068e\u068f\u0690\u0631\u0632\u0691\u0692\u0693\u0694\u0695\u0696\u0697\u0698\u0699\u0633\u0634\u069a\u069b\u069c\u0635\u0636\u069d\u069e\u0637\u0638\u069f\u0639\u063a\u06a0\u0641\u06a1\u06a2\u06a3\u06a4\u06a5\u06a6\u066f\u0642\u06a7\u06a8\u0643\u06a9\u06aa\u06ab\u06ac\u06ad\u06ae\u06af\u06b0\u06b1\u06b2\u06b3\u06b4\u063b\u063c\u0644\u06b5\u06b6\u06b7\u06b8\u0645\u0646\u06ba\u06bb\u06bc\u06bd\u06b9\u0647\u06be\u06c1\u06c3\u06d5\u0648\u06c4\u06c5\u06c6\u06c7\u06c8\u06c9\u06ca\u06cb\u06cf\u0649\u064a\u06cc\u06cd\u06ce\u06d0\u06d1\u063d\u063e\u063f\u06d2",
    Deva: "ॱॐॲऄअआॳॴॵॶॷइईउऊऋॠऌॡऍऎएऐऑऒओऔकखगॻघङचछजॹॼझञटठॸडॾढणतथदधनपफबॿभमयॺरलळवशषसहऽॽाऺऻॏॖॗिीुूृॄॢॣॅॕॆेॎैॉॊोौ्",
    Thai: "ๆกขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮฯะัาิีึืฺุูเแโใไๅ",
  };
  const LIKE = { "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ß": "ss" };

  // Letters of their own: `c<č<ć` puts two behind c and all that begins with it; `=` is as the letter before it.
  const SLAVIC = "c<č<ć d<dž<đ l<lj n<nj s<š z<ž", DANISH = "y=ü z<æ=ä<ø=ö=ő=œ<å=aa";
  const OWN = {
    az: "c<ç e<ə g<ğ h<x<ı k<q o<ö s<ş u<ü z<w",
    be: "е<ё у<ў",
    bs: SLAVIC,
    cs: "c<č h<ch r<ř s<š z<ž",
    cy: "c<ch d<dd f<ff g<ng l<ll p<ph r<rh t<th",
    da: "y=ü z<æ=ä<ø=ö=ő<å=aa",
    eo: "c<ĉ g<ĝ h<ĥ j<ĵ s<ŝ u<ŭ",
    es: "n<ñ",
    et: "s<š<z<ž w<õ<ä<ö<ü",
    fi: "y=ü z<å<ä=æ<ö=ø",
    fil: "n<ñ<ng",
    fo: DANISH,
    gl: "n<ñ",
    ha: "s<sh t<ts",
    hr: SLAVIC,
    hu: "c<cs d<dz<dzs g<gy l<ly n<ny o<ö=ő s<sz t<ty u<ü=ű z<zs",
    ig: "g<gb<gh<gw i<ị k<kp<kw n<ṅ<nw<ny o<ọ s<sh u<ụ",
    is: "a<á d<ð e<é i<í o<ó u<ú y<ý z<þ<æ=ä<ö=ø<å",
    kk: "е<ё ы<і",
    kl: "y=ü z<æ=ä<ø=ö=ő=œ<å",
    ky: "е<ё",
    lt: "c<č i=y s<š z<ž",
    lv: "a<ā c<č e<ē g<ģ i<y<ī k<ķ l<ļ n<ņ o<ō r<ŗ s<š u<ū z<ž",
    mk: "д<ѓ т<ќ",
    mt: "b<ċ f<ġ g<għ h<ħ y<ż",
    nb: DANISH,
    nn: DANISH,
    no: DANISH,
    pl: "a<ą c<ć e<ę l<ł n<ń o<ó s<ś z<ź<ż",
    ro: "a<ă<â i<î s<ş=ș t<ţ=ț",
    sk: "a<ä c<č h<ch o<ô r<ř s<š z<ž",
    sl: "c<č<ć d<đ s<š z<ž",
    sq: "c<ç d<dh e<ë g<gj l<ll n<nj r<rr s<sh t<th x<xh z<zh",
    "sr-Latn": SLAVIC,
    sv: "y=ü z<å<ä=æ=ę<ö=ø=ő=œ=ô",
    tk: "c<ç e<ä j<ž n<ň o<ö s<ş u<ü y<ý",
    tr: "c<ç g<ğ h<ı o<ö s<ş u<ü",
    uk: "г<ґ",
    uz: "z<oʻ<gʻ<sh<ch",
    vi: "a<ă<â d<đ e<ê o<ô<ơ u<ư",
    wo: "a<à e<é<ë n<ñ o<ó",
    yo: "e<ẹ g<gb o<ọ s<ṣ",
  };
  const FIRST = {
    Cyrl: "be bg kk ky mk mn ru sr uk",
    Grek: "el",
    Armn: "hy",
    Geor: "ka",
    Arab: "ar fa ps ug ur",
    Hebr: "he",
    Deva: "hi mr ne",
    Thai: "th",
  };
  const OWN_MARKS = { vi: "\u0300\u0309\u0303\u0301\u0323" };
  const UPPER_FIRST = ["da", "mt"];

  const DIGITS_FROM = 1e3, LEAD_FROM = 2e3, LATIN_FROM = 5e3, OTHERS_FROM = 7e3, UNKNOWN_FROM = 1e5;

  // Sign or letter → its place, counted from `start` in steps of ten; what is the same shares one.
  function places(list, start, into) {
    let place = start - 10;
    const signs = Array.from(list);
    for (let i = 0; i < signs.length; i++) {
      if (signs[i] === "\x01") into.set(signs[++i], place);
      else into.set(signs[i], place += 10);
    }
    return into;
  }

  // Signs and the letters of other scripts: what only ASCII letters need not pay for.
  function placeAll(letters, language) {
    for (const [sign, place] of places(SIGNS, 0, new Map())) letters.set(sign, place / 100);
    let from = OTHERS_FROM;
    for (const script of Object.keys(SCRIPTS)) {
      const isFirst = FIRST[script].split(" ").includes(language);
      for (const [sign, place] of places(SCRIPTS[script], isFirst ? 0 : from, new Map())) {
        letters.set(sign, isFirst ? LEAD_FROM + place : place);
      }
      from += 4000;
    }
  }

  const tables = new Map();
  const NARROW = /^[\x00-\x7f\xc0-\u024f]*$/, ASCII_SIGNS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
  const tableFor = (language, a, b) => tableOf(language, !(NARROW.test(a) && NARROW.test(b)));
  function tableOf(language, isWide) {
    const key = language + isWide;
    if (tables.has(key)) return tables.get(key);
    const letters = places(LETTERS, LATIN_FROM, places(ASCII_SIGNS, 0, new Map()));
    if (isWide) placeAll(letters, language);
    const own = new Map(), pairs = new Map(), alike = new Map();
    const everywhere = !isWide || /^(?:mk|sr)/.test(language) ? "" : "і<ї<й ";
    for (const rule of (everywhere + (OWN[language] ?? "")).split(" ").filter(Boolean)) {
      const [first, ...rest] = rule.split(/(?=[<=])/);
      let place = letters.get(first);
      rest.forEach((step, i) => {
        const letter = step.slice(1).normalize("NFD");
        if (step[0] === "<") place += 10 / (rest.length + 1);
        const [, mark, ...more] = letter;
        if (step[0] === "=") alike.set(letter, String.fromCharCode(5e4 + i));
        if (!mark) letters.set(letter, place), own.set(letter, letter);
        else if (/\p{M}/u.test(mark) && !more.length) own.set(letter, place);
        else pairs.set(letter, place);
      });
    }
    const made = {
      turkic: /^(tr|az)$/.test(language),
      letters,
      own,
      pairs,
      alike,
      marks: places((OWN_MARKS[language] ?? "") + MARKS, 1, new Map()),
      longest: Math.max(0, ...[...pairs.keys()].map((pair) => pair.length)),
    };
    if (OWN_MARKS[language]) {
      for (const [i, mark] of Array.from(OWN_MARKS[language]).entries()) made.marks.set(mark, (i + 1) / 10);
    }
    tables.set(key, made);
    return made;
  }

  // A text's keys: what counts first, then accents, then case; one entry for each letter.
  function keysOf(text, { letters, own, pairs, alike, longest, marks, turkic }, numeric, ignore) {
    const first = [], accents = [], cases = [];
    const add = (place, accent, kind) => (first.push(place), accents.push(accent), cases.push(kind));
    const signs = Array.from(text.normalize("NFD").replace(/([เ-ไ])([ก-ฮ])/g, "$2$1"));
    for (let i = 0; i < signs.length; i++) {
      const sign = signs[i];
      const dotted = turkic && sign === "I" && signs[i + 1] === "\u0307";
      const small = turkic && sign === "I" && !dotted ? "ı" : sign.toLowerCase(), kind = sign === small ? 0 : 1;
      if (dotted) signs.splice(i + 1, 1);
      if (numeric && sign >= "0" && sign <= "9") {
        let digits = sign;
        while (signs[i + 1] >= "0" && signs[i + 1] <= "9") digits += signs[++i];
        digits = digits.replace(/^0+(?=\d)/, "");
        add(DIGITS_FROM + 500 + digits.length, "", 0);
        for (const digit of digits) add(DIGITS_FROM + Number(digit), "", 0);
        continue;
      }
      if (longest && pairs.size) {
        const found = pairOf(signs, i, pairs, longest);
        if (found) {
          add(
            pairs.get(found),
            alike.get(found) ?? "",
            signs.slice(i, i + found.length).join("") === found
              ? 0
              : kind && signs[i + found.length - 1] === found.at(-1)
              ? 1
              : 2,
          );
          i += found.length - 1;
          continue;
        }
      }
      let place = letters.get(small), accent = "", end = i + 1;
      while (end < signs.length && signs[end] >= "\u0300" && /\p{M}/u.test(signs[end]) && !letters.has(signs[end])) {
        end++;
      }
      let taken = -1;
      for (let k = i + 1; k < end && taken < 0; k++) if (own.has(small + signs[k])) taken = k;
      if (taken >= 0) place = own.get(small + signs[taken]);
      accent = alike.get(taken >= 0 ? small + signs[taken] : small) ?? "";
      for (let k = i + 1; k < end; k++) {
        if (k !== taken) {
          accent += String.fromCharCode(100 + Math.round((marks.get(signs[k]) ?? 9000 + signs[k].charCodeAt(0)) * 10));
        }
      }
      i = end - 1;
      const like = !own.has(small) && LIKE[small];
      if (like) { for (const letter of like) add(letters.get(letter), accent || "\uffff", kind); }
      else if (place !== undefined) place < DIGITS_FROM ? ignore || add(place, accent, kind) : add(place, accent, kind);
      else unknown(sign, small, accent, kind, add, letters, ignore);
    }
    return { first, accents, cases };
  }

  function pairOf(signs, at, pairs, longest) {
    for (let length = longest; length > 1; length--) {
      const given = signs.slice(at, at + length).join(""), text = given.toLowerCase();
      if (text === "aa" && given !== text && given.slice(1) !== text.slice(1) && given !== given.toUpperCase()) {
        continue;
      }
      if (text.length === length && pairs.has(text)) return text;
    }
    return "";
  }

  function unknown(sign, small, accent, kind, add, letters, ignore) {
    if (/\p{Nd}/u.test(sign)) return add(DIGITS_FROM + digitOf(sign), accent, 0);
    const plain = small.normalize("NFKD");
    if (plain !== small && plain !== sign) {
      for (const letter of plain) {
        if (!/\p{M}/u.test(letter)) {
          letters.has(letter) || /\d/.test(letter)
            ? add(letters.get(letter) ?? DIGITS_FROM + Number(letter), accent, 2 + kind)
            : add(UNKNOWN_FROM + letter.codePointAt(0), accent, 2);
        }
      }
      return;
    }
    if (/\p{M}|\p{Cf}|\p{Cc}/u.test(sign) && !/\s/.test(sign)) return;
    if (/[\p{P}\p{S}\p{Z}\s]/u.test(sign)) {
      return ignore ? undefined : add(/\s/.test(sign) ? -1 : 900 + sign.codePointAt(0) / 2e6 * 90, accent, 0);
    }
    add(UNKNOWN_FROM + small.codePointAt(0), accent, kind);
  }

  function digitOf(sign) {
    const point = sign.codePointAt(0);
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(point - value - 1))) value++;
    return point < 0x80 ? Number(sign) : value;
  }

  function order(one, two) {
    const length = Math.min(one.length, two.length);
    for (let i = 0; i < length; i++) if (one[i] !== two[i]) return one[i] < two[i] ? -1 : 1;
    return Math.sign(one.length - two.length);
  }

  function collate(a, b, { language, numeric, sensitivity, ignorePunctuation, caseFirst }) {
    if (a === b) return 0;
    const table = tableFor(language, a, b);
    const one = keysOf(a, table, numeric, ignorePunctuation), two = keysOf(b, table, numeric, ignorePunctuation);
    const upper = caseFirst === "upper" ? -1 : 1;
    return (
      order(one.first, two.first) ||
      (sensitivity === "accent" || sensitivity === "variant" ? order(one.accents, two.accents) : 0) ||
      (sensitivity === "case" || sensitivity === "variant" ? upper * order(one.cases, two.cases) || 0 : 0)
    );
  }

  const languageOf = (tag) => (/^sr-Latn\b/.test(tag) ? "sr-Latn" : tag.split("-")[0]);

  function optionsOf(locales, options) {
    const given = objectOf(options);
    const service = "Intl.Collator";
    const usage = option(given, "usage", ["sort", "search"], "sort", service);
    matcher(given, service);
    system(given, "collation");
    const numeric = given.numeric === undefined ? undefined : Boolean(given.numeric);
    const first = option(given, "caseFirst", ["upper", "lower", "false"], undefined, service);
    const { tag, words } = resolve(locales, ["kn", "kf"]);
    const sensitivity = option(given, "sensitivity", ["base", "accent", "case", "variant"], "variant", service);
    const ignorePunctuation = given.ignorePunctuation === undefined
      ? /^th\b/.test(tag)
      : Boolean(given.ignorePunctuation);
    const fromTag = {
      kn: words.kn === undefined ? undefined : words.kn === "" || words.kn === "true",
      kf: ["upper", "lower", "false"].includes(words.kf) ? words.kf : undefined,
    };
    const usual = UPPER_FIRST.includes(languageOf(tag)) ? "upper" : "false";
    const made = {
      locale: tag,
      usage,
      sensitivity,
      ignorePunctuation,
      collation: "default",
      numeric: numeric ?? fromTag.kn ?? false,
      caseFirst: first ?? fromTag.kf ?? usual,
    };
    made.locale = extended(tag, words, {
      kf: made.caseFirst === fromTag.kf ? words.kf : undefined,
      kn: made.numeric === fromTag.kn ? words.kn : undefined,
    });
    return made;
  }

  class Collator {
    #options;
    #compare;
    constructor(locales, options) {
      this.#options = optionsOf(locales, options);
    }
    get compare() {
      const options = { ...this.#options, language: languageOf(this.#options.locale) };
      return (this.#compare ??= (a, b) => collate(String(a), String(b), options));
    }
    resolvedOptions() {
      return { ...this.#options };
    }
  }

  let plain;
  function compare(a, b, locales, options) {
    if (locales === undefined && options === undefined) {
      plain ??= {
        language: "en",
        numeric: false,
        sensitivity: "variant",
        ignorePunctuation: false,
        caseFirst: "false",
      };
      return collate(a, b, plain);
    }
    const made = optionsOf(locales, options);
    return collate(a, b, { ...made, language: languageOf(made.locale) });
  }

  return { Collator, compare };
});
