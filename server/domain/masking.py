"""Masks secrets in everything that is stored or shown, by their value, in every encoding that code writes them in.

What is sent never changes, only what is recorded and shown of it. Secrets are:

- the card's secret fields and all signing secrets;
- variables and header values that may be keys, judged by name and form. A word, a number or an address is not a key;
  otherwise the name of a shop would be masked in every recorded body;
- the parts of a URL that may be keys, or everything after the host if the URL alone grants access.

Values shorter than ``MIN_SECRET_CHARACTERS`` are not masked, because they occur in many texts by chance.
"""

import html
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, unquote, urlsplit, urlunsplit

from server.domain.cards import Card, FieldKind
from server.domain.endpoints import Endpoint
from server.domain.messages import MASK, AttemptError, ConsoleLine, ReceivedResponse, SentRequest
from server.domain.reasons import Cause, Reason
from server.domain.sentences import Sentence
from server.domain.signing import PREFIX
from server.domain.warnings import RunWarning

MIN_SECRET_CHARACTERS = 6
_CUT_OFF = 8
"""The shortest beginning of a secret that is masked at the end of a text that was cut off."""
_MIN_BASE64_CHARACTERS = 8
_MAYBE_CUT = 4000
"""The sandbox may have cut off an error message or a console of at least so many characters, but no shorter one."""

_NAMED = re.compile(
    r"key|token|secret|passw|passphrase|passcode|pwd|auth|credential|signature|signing|session|cookie|bearer|private|"
    r"hmac|webhook|(?<![a-z])(?:pass|pw|pin|otp)(?![a-z])",
    re.I,
)
_NAMED_LAST = re.compile(r"(?:key|token|secret|password|passcode|pwd|(?<![a-z])(?:pass|pw|pin|otp))\Z", re.I)
"""Endings of names whose value is a key even if it consists of digits: API_KEY, but not TOKEN_EXPIRES."""
_WORDS = re.compile(r"[^\W\d_]{1,19}(?:[-_. /+:][^\W\d_]{1,19})*")
_NUMBER = re.compile(r"[+-]?[\d.,: TZ/-]+")
_ADDRESS = re.compile(r"[^@\s/]+@[^@\s/]+\.[a-z]+", re.I)
_SCHEME = re.compile(r"(?:basic|bearer|token|digest|apikey)\s+(.+)", re.I)

SECRET_HOSTS = re.compile(
    r"(hooks\.slack\.com|hooks\.slack-gov\.com|(.+\.)?discord(app)?\.com|hooks\.zapier\.com|hook\.[a-z0-9.]*make\.com|"
    r"hook\.[a-z0-9.]*integromat\.com|.+\.webhook\.office\.com|outlook\.office\.com|chat\.googleapis\.com|"
    r".+\.logic\.azure\.com|maker\.ifttt\.com|.+\.pipedream\.net|api\.telegram\.org|.+\.api\.powerplatform\.com)",
    re.I,
)
"""Hosts where the URL alone is enough to post, so everything after the host is a secret."""


def may_be_key(name: str, value: str) -> bool:
    """Whether a variable, a header value or a part of a URL may be a key."""
    bare = value.strip()
    if len(bare) < MIN_SECRET_CHARACTERS:
        return False
    if "://" in bare:
        return False  # ``secrets_in_url`` judges its parts
    if _NAMED.search(name) and not _NUMBER.fullmatch(bare) and bare.lower() not in ("false", "default"):
        return True
    if bare.isdecimal() and _NAMED_LAST.search(name):
        return True
    if _ADDRESS.fullmatch(bare) or _NUMBER.fullmatch(bare):
        return False
    if any(character.isspace() for character in bare):
        return any(may_be_key("", part) for part in bare.split())
    if len(bare) >= 12 and any(c.isdigit() for c in bare) and any(c.isalpha() for c in bare):
        return True
    if name and len(bare) >= 12 and re.search(r"[-_]", bare) and bare[0] not in "#@":
        return True  # a passphrase; not in a URL, where parts have no name and words are often joined like this
    return len(bare) >= 20 and not _WORDS.fullmatch(bare)


def secrets_in_url(url: str, *, whole: bool = False) -> tuple[str, ...]:
    """The parts of a URL that may be keys; with ``whole``, or at a host of ``SECRET_HOSTS``, all after the host."""
    parts = _split(url)
    if parts is None:
        return (url,) if len(url) >= MIN_SECRET_CHARACTERS else ()
    userinfo = parts.netloc.rpartition("@")[0]
    found = [userinfo, *userinfo.split(":", 1)] if userinfo else []
    if whole or _grants_access(parts.hostname):
        found += [parts.path.lstrip("/"), parts.query, parts.fragment]
        # Single segments too, because the identifier of a webhook may be quoted alone.
        found += [segment for segment in parts.path.split("/") if may_be_key("", segment)]
    else:
        found += [segment for segment in parts.path.split("/") if may_be_key("", unquote(segment))]
        found += [value for name, value in parse_qsl(parts.query) if may_be_key(name, value)]
    return tuple(one for one in dict.fromkeys(found) if len(one) >= MIN_SECRET_CHARACTERS)


@lru_cache(maxsize=1024)
def shown_url(url: str, *, whole: bool = False) -> str:
    """The URL as lists, records and e-mails show it: the parts that may be keys are masked."""
    parts = _split(url)
    if parts is None:
        return MASK
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{MASK}@{host}" if "@" in parts.netloc else parts.netloc
    if whole or _grants_access(parts.hostname):
        rest = f"/{MASK}" if len(parts.path) > 1 or parts.query else parts.path
        return f"{parts.scheme}://{netloc}{rest}"
    path = "/".join(MASK if may_be_key("", unquote(segment)) else segment for segment in parts.path.split("/"))
    return urlunsplit((parts.scheme, netloc, path, shown_query(parts.query), ""))


def shown_query(query: str) -> str:
    """The query of a URL with the values masked that may be keys, by their name or their form."""
    return "&".join(_shown_parameter(one) for one in query.split("&"))


def is_secret_url(url: str, *, whole: bool = False) -> bool:
    """Whether a part of the URL must not be shown."""
    return bool(url) and bool(secrets_in_url(url, whole=whole))


def tail(value: str) -> str:
    """The last four characters, by which a person recognises a secret; empty for one so short that they reveal much."""
    return value[-4:] if len(value) >= 12 else ""


def secrets_of(endpoint: Endpoint, card: Card | None) -> tuple[str, ...]:
    """The values that must be masked in an endpoint's deliveries."""
    public = {field.name for field in card.fields if field.kind is not FieldKind.SECRET} if card else set()
    found = [value for name, value in endpoint.credentials.items() if name not in public]
    found += [quote(value, safe="", errors="replace") for value in found]  # as a card writes it in a URL
    found += _signing_secrets(endpoint)
    found += secrets_in_url(endpoint.url, whole=bool(card and card.url.secret))
    for name, value in (*endpoint.variables.items(), *endpoint.headers.items()):
        if "://" in value:
            found += secrets_in_url(value)
        elif may_be_key(name, value):
            found += _within(value.strip())
    return tuple(dict.fromkeys(one for one in found if len(one) >= MIN_SECRET_CHARACTERS))


class Masker:
    """Masks a set of secrets. Build it once for an endpoint and reuse it, because building costs more than masking."""

    def __init__(self, secrets: Iterable[str], *, verbatim: Collection[str] = ()) -> None:
        """``verbatim``: the secrets that code never sees, and so cannot write in another encoding."""
        self._secrets = tuple(sorted(set(secrets), key=len, reverse=True))
        # Longest first, because one spelling may contain another.
        spelled = {
            needle for secret in self._secrets for needle in ({secret} if secret in verbatim else _spellings(secret))
        }
        self._needles = tuple(sorted(spelled, key=len, reverse=True))
        self._raw = tuple((needle.encode("utf-8", "surrogatepass"), MASK.encode()) for needle in self._needles)
        # Needles that contain no other needle: a text without any of these, as most are, contains no needle at all.
        self._signs = _without_longer(self._needles)
        raw_signs = [sign.encode("utf-8", "surrogatepass") for sign in self._signs]
        thin = [sign for sign in raw_signs if len(_thin(sign)) >= _MIN_THIN_CHARACTERS]
        thin = thin if len(thin) > _FEW_SIGNS else []
        self._thin_signs = tuple((_thin(sign), sign) for sign in thin)
        self._raw_signs = tuple(sign for sign in raw_signs if sign not in thin)

    def text(self, text: str) -> str:
        if self._has_any(text):
            for needle in self._needles:
                text = text.replace(needle, MASK)
        return text

    def data(self, data: bytes, *, cut_off: bool = False) -> bytes:
        """The data with secrets masked. ``cut_off``: it was truncated, perhaps in the middle of a secret."""
        if self._is_within(data):
            for needle, mask in self._raw:
                data = data.replace(needle, mask)
        return self._without_a_beginning(data) if cut_off else data

    def _is_within(self, data: bytes) -> bool:
        """Whether the data contains any secret. It must be fast: it runs for every body, with a dozen signs or more."""
        for sign in self._raw_signs:
            if sign in data:
                return True
        if self._thin_signs:
            thin = _thin(data)
            for thin_sign, sign in self._thin_signs:
                if thin_sign in thin and sign in data:
                    return True
        return False

    def request(self, request: SentRequest) -> SentRequest:
        headers, body = self.pairs(request.headers), self.data(request.body)
        url = self._url(request.url)
        if url is request.url and headers is request.headers and body is request.body:
            return request
        return SentRequest(request.method, url, headers, body)

    def _url(self, url: str) -> str:
        """The URL with secrets masked after the host. The host stays, because it says where the request went."""
        if not self._has_any(url):
            return url
        parts = _split(url)
        if parts is None:
            return url
        rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
        return f"{parts.scheme}://{parts.netloc}{self.text(rest)}"

    def response(self, response: ReceivedResponse) -> ReceivedResponse:
        headers, body = self.pairs(response.headers), self.data(response.body, cut_off=response.truncated)
        if headers is response.headers and body is response.body:
            return response
        return replace(response, headers=headers, body=body)

    def pairs(self, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        if not self._needles or not self._has_any("\n".join([value for _, value in pairs])):
            return pairs
        return tuple((name, self.text(value)) for name, value in pairs)

    def _has_any(self, text: str) -> bool:
        for sign in self._signs:  # noqa: SIM110  a generator costs more than the search
            if sign in text:
                return True
        return False

    def console(self, lines: tuple[ConsoleLine, ...]) -> tuple[ConsoleLine, ...]:
        if not lines:
            return lines
        *before, last = lines
        end = self._end(last.text) if sum(len(line.text) for line in lines) >= _MAYBE_CUT else self.text(last.text)
        return (*[ConsoleLine(line.level, self.text(line.text)) for line in before], ConsoleLine(last.level, end))

    def error(self, error: AttemptError | None) -> AttemptError | None:
        if error is None:
            return None
        line = None if error.source_line is None else self.text(error.source_line)
        return replace(error, cause=self._cause(error.cause), source_line=line)

    def _cause(self, cause: Cause) -> Cause:
        if isinstance(cause, str):
            return self._end(cause) if len(cause) >= _MAYBE_CUT else self.text(cause)
        return replace(cause, values={name: self._value(value) for name, value in cause.values.items()})

    def _value(self, value: str | int | Sentence) -> str | int | Sentence:
        if isinstance(value, Reason):
            return replace(value, values={name: self._value(inner) for name, inner in value.values.items()})
        return self._cause(value) if isinstance(value, str) else value

    def warnings(self, warnings: tuple[RunWarning, ...]) -> tuple[RunWarning, ...]:
        if not warnings:
            return warnings
        return tuple(
            replace(one, values={name: self._warned(value) for name, value in one.values.items()}) for one in warnings
        )

    def _warned(self, value: str) -> str:
        return self._end(value[:-1]) + "…" if value.endswith("…") else self.text(value)

    def _end(self, text: str) -> str:
        """Mask a text that the sandbox may have cut off in the middle of a secret."""
        return self.data(text.encode("utf-8", "surrogatepass"), cut_off=True).decode("utf-8", "surrogatepass")

    def _without_a_beginning(self, data: bytes) -> bytes:
        for raw, _ in self._raw:
            for length in range(len(raw) - 1, _CUT_OFF - 1, -1):
                if data.endswith(raw[:length]):
                    return data[:-length] + MASK.encode()
        return data


_DROPPED = bytes(set(range(256)) - set(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
_MIN_THIN_CHARACTERS = 4
_FEW_SIGNS = 2
"""Up to so many signs are searched one by one, because thinning the data costs as much."""


def _thin(data: bytes) -> bytes:
    """Only the digits and capitals of the data: little of a body, but most of a key, so a search in it is fast.

    If the data contains a text, the thinned data contains the thinned text.
    """
    return data.translate(None, _DROPPED)


def _without_longer(needles: Sequence[str]) -> tuple[str, ...]:
    """The needles that contain no other one. ``needles`` are sorted longest first."""
    kept: list[str] = []
    for needle in reversed(needles):
        if not any(shorter in needle for shorter in kept):
            kept.append(needle)
    return tuple(kept)


@dataclass(slots=True)
class Maskers:
    """A cache with the current masker of each endpoint."""

    _made: dict[str, tuple[tuple[str, ...], Masker]]
    _seen: dict[str, tuple[Endpoint, Card | None, Masker]]

    def __init__(self) -> None:
        self._made, self._seen = {}, {}

    def of(self, endpoint: Endpoint, card: Card | None) -> Masker:
        seen = self._seen.get(endpoint.id)
        if seen and seen[0] is endpoint and seen[1] is card:
            return seen[2]
        secrets = secrets_of(endpoint, card)
        made = self._made.get(endpoint.id)
        masker = made[1] if made and made[0] == secrets else masker_of(endpoint, card)
        if len(self._seen) >= MAX_MASKERS:
            self._made.clear()
            self._seen.clear()
        self._made[endpoint.id], self._seen[endpoint.id] = (secrets, masker), (endpoint, card, masker)
        return masker


MAX_MASKERS = 1024


def masker_of(endpoint: Endpoint, card: Card | None) -> Masker:
    """A new masker for an endpoint; ``Maskers`` caches them."""
    return Masker(secrets_of(endpoint, card), verbatim=_signing_secrets(endpoint))


def _signing_secrets(endpoint: Endpoint) -> tuple[str, ...]:
    """The signing secrets without their prefix, because some programs write them without it."""
    former = endpoint.former_secret
    return tuple(one.removeprefix(PREFIX) for one in (endpoint.secret, former.secret if former else "") if one)


def _within(value: str) -> list[str]:
    """A value and the secrets inside it: KEY in ``Bearer KEY``, the password in ``Basic …``, or a key among words."""
    found = [value]
    if scheme := _SCHEME.fullmatch(value):
        found.append(scheme[1])
        try:
            pair = b64decode(scheme[1], validate=True).decode()
        except ValueError:
            pair = ""
        found += [pair, pair.partition(":")[2]]
    elif any(character.isspace() for character in value):
        found += [part for part in value.split() if may_be_key("", part)]
    return found


def _spellings(secret: str) -> set[str]:
    """A secret as it is, and as code writes it in URLs, JSON, HTML, JavaScript, base64 and hexadecimal."""
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found = {secret, html.escape(secret), html.escape(secret, quote=False), secret.replace("'", "\\'")}
    # Go, PHP and Python's own servers escape some characters differently from ``json`` and ``html``.
    in_json |= {re.sub(r"[<>&]", lambda one: f"\\u{ord(one[0]):04x}", each) for each in in_json}
    found |= {re.sub(r"[\"']", lambda one: f"&#{ord(one[0])};", html.escape(secret, quote=False))}
    found |= in_json | {json.dumps(one)[1:-1] for one in in_json} | {one.replace("/", "\\/") for one in in_json}
    with suppress(UnicodeEncodeError):
        found.add(secret.encode().decode("latin-1"))  # a UTF-8 header is decoded as Latin-1
    raw = secret.encode("utf-8", "replace")
    for quoted in (
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        quote(raw, safe="!'()*~"),
        quote(raw, safe=":@$,;+=&/?"),
    ):
        found |= {quoted, re.sub(r"%[0-9A-F]{2}", lambda escape: escape[0].lower(), quoted)}
    found |= {raw.hex(), raw.hex().upper()}
    for skipped in range(3):  # the encoding depends on the offset in the encoded data
        encoded = b64encode(b"\0" * skipped + raw).decode()
        whole = encoded[(0, 2, 3)[skipped] : (skipped + len(raw)) * 8 // 6]
        if len(whole) >= _MIN_BASE64_CHARACTERS:
            found |= {whole, whole.replace("+", "-").replace("/", "_"), quote(whole, safe="")}
    return {one for one in found if len(one) >= MIN_SECRET_CHARACTERS}


def _split(url: str) -> SplitResult | None:
    """The parts of a URL; ``None`` for text that is not a URL with a host."""
    try:
        parts = urlsplit(url)
        known = parts.hostname is not None
    except ValueError:
        return None
    return parts if known and parts.scheme else None


def _grants_access(host: str | None) -> bool:
    return bool(host and SECRET_HOSTS.fullmatch(host))


def _shown_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    return f"{name}={MASK}" if may_be_key(unquote(name), unquote(value)) else parameter if equals else _shown_word(name)


def _shown_word(word: str) -> str:
    return MASK if may_be_key("", unquote(word)) else word
