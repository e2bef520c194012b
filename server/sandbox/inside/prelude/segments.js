// Intl.Segmenter, by the rules of UAX 29 without dictionaries: Thai, and Chinese and Japanese words, stay whole runs.
(function (host) {
  "use strict";
  const { resolve, option, objectOf, matcher } = host.load("locale");
  const SERVICE = "Intl.Segmenter";
  const JOINED = "[\\p{M}\\p{Emoji_Modifier}\\u200c\\u200d\\u{e0020}-\\u{e007f}]*";
  const LINKED = "[\\u0915-\\u0939\\u0958-\\u095f\\u0995-\\u09b9\\u0a95-\\u0ab9\\u0c15-\\u0c39\\u0d15-\\u0d3a]";
  const VIRAMA = "[\\u094d\\u09cd\\u0acd\\u0c4d\\u0d4d]";
  const RULES = {
    grapheme: new RegExp(
      `\\r\\n|\\p{RI}{2}${JOINED}|\\p{Extended_Pictographic}(?:[\\p{M}\\p{Emoji_Modifier}]*\\u200d\\p{Extended_Pictographic})*${JOINED}|${LINKED}(?:\\p{M}*${VIRAMA}[\\p{M}\\u200d]*${LINKED})*${JOINED}|[\\u1100-\\u115f]+[\\u1160-\\u11a7]*[\\u11a8-\\u11ff]*${JOINED}|[\\u1160-\\u11a7\\uac00-\\ud7a3][\\u1160-\\u11a7]*[\\u11a8-\\u11ff]*${JOINED}|[\\u11a8-\\u11ff]+${JOINED}|\\p{Cc}|[^]${JOINED}`,
      "gu",
    ),
    word: new RegExp(
      `\\r\\n|[ \\u2000-\\u2006\\u3000]+|\\p{RI}{2}|[\\p{Script=Katakana}ー]+|\\p{Script=Han}+|\\p{Script=Hiragana}+|(?:[\\p{L}\\p{N}_](?<![\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}])[\\p{M}\\u200d]*(?:(?<=\\p{L}\\p{M}*)['.:·\\u2018\\u2019\\u2024](?=\\p{L})|(?<=\\p{N})[,.;'](?=\\p{N}))?)+|\\p{Extended_Pictographic}(?:[\\p{M}\\p{Emoji_Modifier}]*\\u200d\\p{Extended_Pictographic})*${JOINED}|[^]${JOINED}`,
      "gu",
    ),
    sentence:
      /[^]*?(?:[!?…。！？][!?.…。！？]*['"”’)\]}»]*(?:\s+|(?=[^\s!?.]))|\.['"”’)\]}»]*(?:\s+(?!\p{Ll})|$)|[\n\u2029]+|$)/gu,
  };

  class Segmenter {
    #locale;
    #granularity;
    constructor(locales, options) {
      const given = objectOf(options);
      matcher(given, SERVICE);
      this.#locale = resolve(locales);
      this.#granularity = option(given, "granularity", ["grapheme", "word", "sentence"], "grapheme", SERVICE);
    }
    segment(text) {
      return new Segments(this.#granularity, `${text}`);
    }
    resolvedOptions() {
      return { locale: this.#locale.tag, granularity: this.#granularity };
    }
  }

  class Segments {
    #text;
    #granularity;
    constructor(granularity, text) {
      this.#text = text;
      this.#granularity = granularity;
    }
    *#all() {
      for (const { 0: segment, index } of this.#text.matchAll(RULES[this.#granularity])) {
        if (!segment) continue;
        const made = { segment, index, input: this.#text };
        if (this.#granularity === "word") made.isWordLike = /[\p{L}\p{N}]/u.test(segment);
        yield made;
      }
    }
    [Symbol.iterator]() {
      return this.#all();
    }
    containing(index) {
      const at = Math.trunc(+index) || 0;
      for (const found of this.#all()) if (found.index <= at && at < found.index + found.segment.length) return found;
    }
  }
  return { Segmenter };
});
