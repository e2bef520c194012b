"""Canonical language tags, as from ``Intl.getCanonicalLocales``: Unicode's grammar (UTS 35), old names replaced."""

import re

from babel.core import get_global

from server.sandbox.cldr import store

_LANGUAGE = re.compile(r"[a-z]{2,3}|[a-z]{5,8}")
_SCRIPT = re.compile(r"[a-z]{4}")
_REGION = re.compile(r"[a-z]{2}|\d{3}")
_VARIANT = re.compile(r"[a-z\d]{5,8}|\d[a-z\d]{3}")
_KEY, _ATTRIBUTE = re.compile(r"[a-z\d][a-z]"), re.compile(r"[a-z\d]{3,8}")
_FIELD = re.compile(r"[a-z]\d")

_WHOLE = {
    "art-lojban": "jbo", "zh-guoyu": "zh", "zh-hakka": "hak", "zh-xiang": "hsn", "sgn-br": "bzs", "sgn-us": "ase",
    "sgn-gr": "gss", "sgn-de": "gsg", "sgn-co": "csn", "sgn-dk": "dsl", "sgn-es": "ssp", "sgn-fr": "fsl",
    "sgn-gb": "bfi", "sgn-ie": "isg", "sgn-it": "ise", "sgn-jp": "jsl", "sgn-mx": "mfs", "sgn-ni": "ncs",
    "sgn-nl": "dse", "sgn-no": "nsi", "sgn-pt": "psr", "sgn-se": "swl", "sgn-za": "sfs",
    "no-bokmal": "nb", "no-nynorsk": "nn", "aa-saaho": "ssy", "hy-arevmda": "hyw", "cel-gaulish": "xtg",
}  # fmt: skip
"""Language with a variant or region → the language that replaces both."""
_VARIANTS = {"polytoni": "polyton", "heploc": "alalc97", "arevela": "", "arevmda": ""}
_VALUES = {
    ("ca", "islamicc"): "islamic-civil", ("ca", "ethiopic-amete-alem"): "ethioaa",
    ("ks", "primary"): "level1", ("ks", "tertiary"): "level3", ("ms", "imperial"): "uksystem",
    ("m0", "names"): "prprname",
    ("tz", "cnckg"): "cnsha", ("tz", "cnhrb"): "cnsha", ("tz", "eire"): "iedub", ("tz", "est"): "papty",
    ("tz", "gmt0"): "gmt", ("tz", "uct"): "utc", ("tz", "zulu"): "utc",
}  # fmt: skip
_YES = ("kb", "kc", "kh", "kk", "kn")
_SUBDIVISIONS = {
    "no23": "no50", "cn11": "cnbj", "cz10a": "cz110", "fra": "frges", "frg": "frges", "lud": "lucl",
}  # fmt: skip


def canonical(tag: str) -> str | None:
    """The tag in canonical form; None if it is not a valid tag."""
    try:
        return _canonical(tag.lower().split("-"))
    except ValueError:
        return None


def _canonical(parts: list[str]) -> str:
    at = next((at for at, part in enumerate(parts) if len(part) == 1), len(parts))
    made, rest = _plain(parts[:at]), parts[at:]
    extensions: dict[str, str] = {}
    private = ""
    while rest:
        letter, *rest = rest
        end = len(rest) if letter == "x" else next((at for at, part in enumerate(rest) if len(part) == 1), len(rest))
        own, rest = rest[:end], rest[end:]
        if not own or not all(re.fullmatch(r"[a-z\d]{1,8}", part) for part in own) or letter in extensions:
            raise ValueError(letter)
        if letter == "x":
            private = "-x-" + "-".join(own)
        else:
            extensions[letter] = {"u": _unicode, "t": _transformed}.get(letter, "-".join)(own)
    return made + "".join(f"-{letter}-{extensions[letter]}" for letter in sorted(extensions)) + private


def _plain(parts: list[str]) -> str:
    """Canonical language, script, region and variants. Raises ``ValueError`` if they are invalid."""
    if not parts:
        raise ValueError("no language")
    language, *rest = parts
    _is(_LANGUAGE, language)
    script = rest.pop(0) if rest and _SCRIPT.fullmatch(rest[0]) else ""
    region = rest.pop(0) if rest and _REGION.fullmatch(rest[0]) else ""
    for variant in rest:
        _is(_VARIANT, variant)
    if len(set(rest)) < len(rest):
        raise ValueError("a variant twice")
    for variant in [*rest, region]:
        if whole := _WHOLE.get(f"{language}-{variant}"):
            language, region = whole, "" if variant == region else region
            rest = [each for each in rest if each != variant]
            break
    language, script, region = _renamed(language, script, region)
    if "aaland" in rest:
        region = region or "AX"
        rest.remove("aaland")
    if "heploc" in rest and "hepburn" in rest and language == "ja":
        rest.remove("hepburn")
    variants = sorted(filter(None, (_VARIANTS.get(each, each) for each in rest)))
    return "-".join(filter(None, [language, script.title(), region.upper(), *variants]))


def _renamed(language: str, script: str, region: str) -> tuple[str, str, str]:
    alias = get_global("language_aliases").get(language)
    if alias:
        language, its_script, its_region = store.subtags(alias.replace("_", "-"))
        script, region = script or its_script.lower(), region or its_region
    script = get_global("script_aliases").get(script.title(), [script])[0] if script else ""
    regions = get_global("territory_aliases").get(region.upper())
    if regions:
        likely = store.subtags(store.maximized("-".join(filter(None, [language, script.title()]))))[2]
        region = likely if likely in regions else regions[0]
    return language, script, region


def _is(pattern: re.Pattern[str], part: str) -> None:
    if not pattern.fullmatch(part):
        raise ValueError(part)


def _unicode(parts: list[str]) -> str:
    """Attributes and keywords of the ``u`` extension, sorted. If a keyword occurs twice, the first one counts."""
    attributes: list[str] = []
    words: dict[str, list[str]] = {}
    values = attributes
    for part in parts:
        if len(part) == 2:
            _is(_KEY, part)
            values = []
            words.setdefault(part, values)
        else:
            _is(_ATTRIBUTE, part)
            values.append(part)
    made = [*sorted(set(attributes))]
    for key in sorted(words):
        value = _value(key, "-".join(words[key]))
        made.append(f"{key}-{value}" if value else key)
    return "-".join(made)


def _value(key: str, value: str) -> str:
    if value == "true" or (value == "yes" and key in _YES):
        return ""
    if key in ("rg", "sd"):
        return _SUBDIVISIONS.get(value, value)
    return _VALUES.get((key, value), value)


def _transformed(parts: list[str]) -> str:
    """The ``t`` extension: the language that text was transformed from, and fields that describe how."""
    at = next((at for at, part in enumerate(parts) if _FIELD.fullmatch(part)), len(parts))
    made = [_plain(parts[:at]).lower()] if at else []
    fields: dict[str, list[str]] = {}
    for part in parts[at:]:
        if _FIELD.fullmatch(part):
            if part in fields:
                raise ValueError(part)
            fields[part] = []
        else:
            _is(_ATTRIBUTE, part)
            fields[next(reversed(fields))].append(part)
    if not all(fields.values()):
        raise ValueError("a field without a value")
    return "-".join([*made, *(f"{key}-{_VALUES.get((key, text), text)}" for key, text in _joined(fields))])


def _joined(fields: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(key, "-".join(fields[key])) for key in sorted(fields)]
