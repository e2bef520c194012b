"""Recognises typed values: those of another card, those that are known to be wrong, and those damaged when copied."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from server.domain import linear_patterns, pasted
from server.domain.cards import Card, CardField, FieldKind, Mistake, Severity
from server.domain.sentences import Sentence, say

MAX_CHARACTERS = 4096
"""Longer values are not looked at; ``drafts`` refuses them."""
URL = "url"
CREDENTIALS = "credentials."
"""The form's names of the fields of a card begin like this: ``credentials.api_key``."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a value is recognised as."""

    sentence: Sentence
    severity: Severity
    """``ERROR``: the form refuses the value. ``WARNING``: it only tells."""
    card: Card | None = None
    """The card that the value belongs to, if it is another one."""


def recognise(cards: Iterable[Card], card: Card, field: str, value: str, *, typing: bool = False) -> Hint | None:
    """What there is to say about the value of one field of the form; ``None`` when nothing is.

    ``field``: ``url`` or ``credentials.<name>``. ``typing``: the value may be incomplete, so it is not held against
    the pattern of complete ones.
    """
    if not value or len(value) > MAX_CHARACTERS:
        return None
    if field == URL and card.asks_url:
        return _url_hint(cards, card, value, typing=typing)
    found = next((each for each in card.fields if CREDENTIALS + each.name == field), None)
    return _field_hint(cards, card, found, value, typing=typing) if found else None


def hints_of(cards: Iterable[Card], card: Card, url: str, credentials: Mapping[str, str]) -> dict[str, Hint]:
    """What there is to say about the values of a whole form, by field."""
    known = list(cards)
    values = {URL: url, **{CREDENTIALS + name: value for name, value in credentials.items()}}
    found = {field: recognise(known, card, field, value) for field, value in values.items()}
    return {field: hint for field, hint in found.items() if hint}


def url_mistake(card: Card, url: str) -> Sentence | None:
    """Why the card refuses a typed URL; ``None`` when it does not."""
    return _refusal(card.url.mistakes, url)


def field_mistake(field: CardField, value: str) -> Sentence | None:
    """Why the field refuses a value; ``None`` when it does not."""
    return _refusal(field.mistakes, value)


def owner_of(cards: Iterable[Card], value: str) -> tuple[Card, CardField | None] | None:
    """The card that a value certainly belongs to, with its field; ``None`` in place of the field is the URL."""
    for card in cards:
        if card.asks_url and _fits(card.url.known_by, value):
            return card, None
        for field in card.fields:
            if _fits(field.known_by, value):
                return card, field
    return None


def _url_hint(cards: Iterable[Card], card: Card, url: str, *, typing: bool) -> Hint | None:
    if problem := pasted.url_problem(url):
        return Hint(problem, Severity.ERROR)
    if re.search(r"\s", url):
        return Hint(say("The URL contains a space. Copy it again."), Severity.ERROR)
    if hint := _mistake(card.url.mistakes, url):
        return hint
    if not _fits(card.url.known_by, url) and (hint := _belongs_elsewhere(cards, card, url)):
        return hint
    if not typing and card.url.pattern and not _fits(card.url.pattern, url):
        return Hint(Sentence(card.url.pattern_hint), Severity.WARNING)
    return None


def _field_hint(cards: Iterable[Card], card: Card, field: CardField, value: str, *, typing: bool) -> Hint | None:
    label = Sentence(field.label)
    if pasted.invisible_in(value):
        sentence = say("The {label} contains a line break or a control character. Copy it again.", label=label)
        return Hint(sentence, Severity.ERROR)
    if hint := _mistake(field.mistakes, value):
        return hint
    if not _fits(field.known_by, value) and (hint := _belongs_elsewhere(cards, card, value)):
        return hint
    if field.kind is FieldKind.CHOICE:
        return None
    if not typing and field.pattern and not _fits(field.pattern, value):
        return Hint(Sentence(field.pattern_hint), Severity.ERROR)
    if field.kind is FieldKind.SECRET and re.search(r"\s", value):
        return Hint(say("The {label} contains a space. Copy it again.", label=label), Severity.WARNING)
    return None


def _belongs_elsewhere(cards: Iterable[Card], card: Card, value: str) -> Hint | None:
    found = owner_of((other for other in cards if other.name != card.name), value)
    if found is None:
        return None
    other, field = found
    title = Sentence(other.title)
    if field is None:
        return Hint(say("This is a URL of {card}.", card=title), Severity.WARNING, other)
    sentence = say("This is the {label} of {card}.", label=Sentence(field.label), card=title)
    return Hint(sentence, Severity.WARNING, other)


def _mistake(mistakes: Iterable[Mistake], value: str) -> Hint | None:
    found = next((each for each in mistakes if _fits(each.pattern, value)), None)
    return Hint(Sentence(found.say), found.severity) if found else None


def _refusal(mistakes: Iterable[Mistake], value: str) -> Sentence | None:
    hint = _mistake((each for each in mistakes if each.severity is Severity.ERROR), value)
    return hint.sentence if hint and len(value) <= MAX_CHARACTERS else None


def _fits(pattern: str, value: str) -> bool:
    return bool(pattern) and linear_patterns.fits(pattern, value)
