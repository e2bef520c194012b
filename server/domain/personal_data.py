"""Replaces personal data in a payload by stable fakes, so that a real event can become a test case.

Names, e-mail addresses, phone numbers, addresses, tax ids, IP addresses, digits of cards and licence keys are replaced.
What they are is told by the names of the fields, as the event catalog has them, and by the values' own form. Ids,
amounts, products and dates stay; so do types, nulls and the form of a value. The same value gives the same fake in
every installation. It takes time in proportion to the payload, whoever made that.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

MAX_KNOWN = 40
"""Names, phones and streets that are also looked for in other texts."""
MAX_SHAPED = 64
"""Characters of a fake that has the form of what it replaces."""

_FIRST = (
    "Ada", "Alan", "Amara", "Bela", "Chen", "Dora", "Edda", "Emil", "Fatima", "Gita", "Hugo", "Ines", "Jonas", "Kofi",
    "Lena", "Mateo", "Mina", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sami", "Tara", "Uma", "Vera", "Wim", "Xenia",
    "Yara", "Zeno", "Noor", "Leo",
)  # fmt: skip
_LAST = (
    "Abbot", "Berg", "Castro", "Dahl", "Ek", "Fuchs", "Gray", "Hall", "Ito", "Jansen", "Klein", "Lund", "Moreau",
    "Novak", "Okafor", "Park", "Quist", "Rossi", "Sato", "Thorn", "Unger", "Vega", "Weiss", "Xu", "York", "Zorn",
    "Brook", "Field", "Stone", "Wood", "Marsh", "Hill",
)  # fmt: skip
_COMPANY = ("Works", "Labs", "Trading", "Studio", "Partners", "Supply", "Foods", "Media")
_STREET = ("Mill", "Station", "Garden", "Church", "Lake", "Market", "Bridge", "Forest")
_CITY = ("Springfield", "Riverton", "Lakewood", "Ashford", "Milbrook", "Easton", "Norwood", "Fairview")

_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]++(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IP6 = re.compile(r"(?=[0-9a-fA-F:]{3,39}\Z)(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}")
_PHONE = re.compile(r"\+\d(?:[ ()./-]{0,3}\d){6,14}")
_CARD_NUMBER = re.compile(r"\d(?:[ -]?\d){12,18}")
_WORD_PARTS = re.compile(r"[^a-z0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_PEOPLE = frozenset(
    {
        "customer", "customers", "billing", "shipping", "buyer", "user", "users", "owner", "recipient", "contact",
        "person", "people", "member", "members", "actor", "cancelled_by", "created_by", "updated_by", "holder",
        "subscriber", "payer", "employee", "team", "address",
    }
)  # fmt: skip
"""Fields whose object is about a person, so that its ``name`` is a person's."""
_WHOLE: dict[str, str] = {
    "first_name": "first", "firstname": "first", "given_name": "first", "forename": "first",
    "last_name": "last", "lastname": "last", "surname": "last", "family_name": "last",
    "full_name": "name", "fullname": "name", "username": "name", "user_name": "name", "display_name": "name",
    "customer_name": "name", "holder_name": "name", "cardholder": "name", "card_holder": "name",
    "buyer_name": "name", "contact_name": "name", "recipient_name": "name", "payer_name": "name",
    "business_name": "company", "customer_business_name": "company", "company": "company", "company_name": "company",
    "organization": "company", "organisation": "company",
    "street": "street", "address": "street", "line1": "street", "line_1": "street", "address1": "street",
    "line2": "street", "line_2": "street", "address2": "street", "address_line1": "street", "address_line_1": "street",
    "address_line2": "street", "address_line_2": "street", "street_address": "street",
    "city": "city", "town": "city", "locality": "city",
    "zip": "shaped", "zipcode": "shaped", "zip_code": "shaped", "postal_code": "shaped", "postcode": "shaped",
    "post_code": "shaped", "plz": "shaped",
    "tax_id": "shaped", "tax_number": "shaped", "vat_id": "shaped", "vat_number": "shaped", "vat": "shaped",
    "gstin": "shaped", "ssn": "shaped", "passport": "shaped", "national_id": "shaped", "iban": "shaped",
    "account_number": "shaped", "card_last_four": "shaped", "last_four": "shaped", "last4": "shaped",
    "card_last4": "shaped", "birthday": "shaped", "date_of_birth": "date", "dob": "date", "birthdate": "date",
    "key": "key", "license_key": "key", "licence_key": "key",
    "ip": "ip", "ip_address": "ip", "client_ip": "ip",
}  # fmt: skip
"""Names of fields → what they hold."""
_LABELS = ("key", "label", "name", "field", "question")
"""Fields that name what the ``value`` beside them is, as in the answers to a checkout's own fields."""


def masked(value: Any) -> Any:
    """The JSON value with personal data replaced, in place where it is an object or a list."""
    work = _Work()
    holder = {"": value}
    _walk(holder, work)
    if known := work.known_elsewhere():
        _everywhere(holder, known)
    return holder[""]


@dataclass(slots=True)
class _Work:
    """What was replaced so far."""

    known: dict[str, str] = field(default_factory=dict)

    def note(self, original: str, fake: str) -> str:
        """Remember a value that is long enough to be found in other texts."""
        telling = " " in original or sum(map(str.isdigit, original)) >= 7
        if telling and 6 <= len(original) <= 120 and len(self.known) < MAX_KNOWN:
            self.known[original] = fake
        return fake

    def known_elsewhere(self) -> Callable[[str], str] | None:
        if not self.known:
            return None
        longest_first = sorted(self.known, key=len, reverse=True)
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
        return lambda text: pattern.sub(lambda found: self.known[found[0]], text)


def _walk(holder: dict[str, Any], work: _Work) -> None:
    """Mask every value. Without recursion, since payloads of others may be nested deeply."""
    waiting: list[tuple[str, Any]] = [("", holder)]
    while waiting:
        name, outer = waiting.pop()
        if isinstance(outer, dict):
            about = _about(name, outer)
            for key, inner in outer.items():
                if isinstance(inner, dict | list):
                    waiting.append((key, inner))
                else:
                    outer[key] = _scalar(_kind(key, outer, about), inner, work)
            _rename(outer)
        else:
            kind = _kind(name, {}, False)
            for index, inner in enumerate(outer):
                if isinstance(inner, dict | list):
                    waiting.append((name, inner))
                else:
                    outer[index] = _scalar(kind, inner, work)


def _everywhere(holder: dict[str, Any], known: Callable[[str], str]) -> None:
    for outer, key, text in _texts(holder):
        outer[key] = known(text)


def _texts(holder: dict[str, Any]) -> Iterator[tuple[Any, Any, str]]:
    waiting: list[Any] = [holder]
    while waiting:
        outer = waiting.pop()
        for key, inner in list(outer.items() if isinstance(outer, dict) else enumerate(outer)):
            if isinstance(inner, dict | list):
                waiting.append(inner)
            elif isinstance(inner, str):
                yield outer, key, inner


def _about(name: str, outer: dict[str, Any]) -> bool:
    """Whether an object is about a person or a firm, so that its ``name`` is theirs."""
    if _plain(name) in _PEOPLE or name == "data":
        return True
    return any("email" in key.lower() or "phone" in key.lower() for key in list(outer)[:200])


def _kind(key: str, outer: dict[str, Any], about_person: bool) -> str:
    """What a field holds; empty when its name does not tell."""
    plain = _plain(key)
    if plain == "value":
        label = next((outer[each] for each in _LABELS if isinstance(outer.get(each), str)), "")
        plain = _plain(label[:80])
    if plain == "name":
        return "name" if about_person else ""
    if kind := _WHOLE.get(plain):
        return kind
    parts = plain.split("_")
    if "email" in plain or plain.endswith("_mail") or plain == "mail":
        return "email"
    if "phone" in plain or parts[-1] in ("tel", "telephone", "mobile", "whatsapp", "fax"):
        return "phone"
    if plain.endswith("holder_name"):
        return "name"
    for end in ("first_name", "last_name", "full_name", "tax_id", "vat_id", "ip_address", "zip_code", "postal_code"):
        if plain.endswith(f"_{end}"):
            return _WHOLE[end]
    return _WHOLE[parts[-1]] if len(parts) > 1 and parts[-1] in ("street", "city", "zipcode", "postcode") else ""


def _plain(key: str) -> str:
    """The name of a field in small letters with underscores: ``customerEmail`` and ``Customer E-Mail`` alike."""
    return _WORD_PARTS.sub("_", _HUMP.sub("_", key[:80]).lower()).strip("_").replace("e_mail", "email")


def _scalar(kind: str, value: Any, work: _Work) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, float) or value == "":
        return value
    if isinstance(value, int):
        return _shaped_number(value) if kind in ("phone", "shaped") else value
    return _text(kind, value, work)


def _text(kind: str, text: str, work: _Work) -> str:
    match kind:
        case "name":
            return work.note(text, _name(text))
        case "first":
            return _pick(_FIRST, "first", text)
        case "last":
            return _pick(_LAST, "last", text)
        case "company":
            return work.note(text, f"{_pick(_LAST, 'company', text)} {_pick(_COMPANY, 'works', text)}")
        case "street":
            number = 1 + _number("number", text) % 199
            return work.note(text, f"{number} {_pick(_STREET, 'street', text)} Street")
        case "city":
            return _pick(_CITY, "city", text)
        case "phone":
            return work.note(text, _phone(text))
        case "shaped":
            return _shaped("shaped", text)
        case "date" if re.match(r"\d{4}-\d\d-\d\d", text):
            return f"1990-01-{1 + _number('day', text) % 28:02}{text[10:40]}"
        case "key" if len(text) >= 16 and any(map(str.isdigit, text)):
            return _shaped("key", text)
        case "email" if "@" not in text and "%40" not in text:
            return _shaped("email", text)
    return _by_form(text)


def _by_form(text: str) -> str:
    """The text with what is personal by its form replaced, wherever it stands."""
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(lambda found: _email(found[0]), text)
    if _IP4.search(text):
        text = _IP4.sub(lambda found: f"192.0.2.{_number('ip', found[0]) % 254 + 1}", text)
    if len(text) <= 39 and ("::" in text or text.count(":") == 7) and _IP6.fullmatch(text):
        return f"2001:db8::{_number('ip', text) % 0xFFFF:x}"
    if "+" in text:
        text = _PHONE.sub(lambda found: _phone(found[0]), text)
    if len(text) <= 30 and _CARD_NUMBER.fullmatch(text) and _is_card_number(text):
        return _shaped("card", text)
    return text


def _rename(outer: dict[str, Any]) -> None:
    """Mask e-mail addresses in the names of fields, as in an object by e-mail address."""
    if any("@" in key for key in outer):
        renamed = {_EMAIL.sub(lambda found: _email(found[0]), key): inner for key, inner in outer.items()}
        outer.clear()
        outer.update(renamed)


def _email(address: str) -> str:
    sign = "%40" if "%40" in address else "@"
    plain = address.replace("%40", "@").lower()
    first, last = _pick(_FIRST, "mail", plain), _pick(_LAST, "mails", plain)
    return f"{first}.{last}.{_number('mail-number', plain) % 10_000:04}".lower() + f"{sign}example.com"


def _name(text: str) -> str:
    first, last = _pick(_FIRST, "name", text), _pick(_LAST, "names", text)
    return first if len(text.split()) == 1 else f"{first} {last}"


def _phone(text: str) -> str:
    """A number of the same form, with the country's first digits."""
    kept = 3 if text.lstrip().startswith("+") else 0
    return text[:kept] + _shaped("phone", text[kept:], salt=text)


def _shaped(kind: str, text: str, salt: str = "") -> str:
    """Text of the same form: each letter is another letter, each digit another digit."""
    stream = _stream(f"{kind}:{salt or text}")
    made = []
    for character in text[:MAX_SHAPED]:
        if character.isdigit():
            made.append(str(next(stream) % 10))
        elif character.isalpha():
            letter = chr(ord("a") + next(stream) % 26)
            made.append(letter.upper() if character.isupper() else letter)
        else:
            made.append(character)
    return "".join(made)


def _shaped_number(value: int) -> int:
    if value.bit_length() > 64:
        return value
    stream = _stream(f"number:{value}")
    digits = [str(next(stream) % 10) for _ in str(abs(value))]
    return int("".join(["1" if digits[0] == "0" else digits[0], *digits[1:]]))


def _is_card_number(text: str) -> bool:
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) if place % 2 else each for place, each in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def _pick(words: tuple[str, ...], kind: str, text: str) -> str:
    return words[_number(kind, text) % len(words)]


def _number(kind: str, text: str) -> int:
    return int.from_bytes(_hash(f"{kind}:{text.strip().lower()}")[:8])


def _stream(text: str) -> Iterator[int]:
    count = 0
    while True:
        yield from _hash(f"{count}:{text}")
        count += 1


def _hash(text: str) -> bytes:
    return sha256(f"hookbench:{text}".encode("utf-8", "replace")).digest()
