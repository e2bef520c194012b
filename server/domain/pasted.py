"""Finds white space and invisible characters that get into a value when a person copies it."""

import unicodedata

from server.domain.sentences import Sentence, say

_JOINERS = "\u200c\u200d"
"""Legitimate in some scripts and in emoji, between characters that are not ASCII."""

# Letters that fonts draw as nothing: Hangul fillers and the blank Braille pattern.
_BLANK = "\u115f\u1160\u3164\uffa0\u2800"


def trimmed(text: str) -> str:
    """The text without white space, line breaks and invisible characters at both ends."""
    start, end = 0, len(text)
    while start < end and _unseen(text[start]):
        start += 1
    while end > start and _unseen(text[end - 1]):
        end -= 1
    return text[start:end]


def invisible_in(text: str) -> str | None:
    """The first invisible character in a text, such as ``U+200B``; ``None`` when there is none.

    Line breaks, tabs and unusual spaces count as invisible; an ordinary space does not.
    """
    if text.isascii() and text.isprintable():
        return None
    for at, character in enumerate(text):
        if character == " " or not _unseen(character):
            continue
        around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
        if character in _JOINERS and len(around) == 2 and not any(each.isascii() for each in around):
            continue
        return f"U+{ord(character):04X}"
    return None


def url_problem(url: str) -> Sentence | None:
    """The invisible character in a pasted URL, as a sentence; ``None`` if there is none.

    ``addresses.url_problem`` checks the rest.
    """
    if code := invisible_in(url):
        return say("The URL contains an invisible character ({code}). Delete it, or type the URL yourself.", code=code)
    return None


def value_problem(name: str, value: str) -> Sentence | None:
    """As ``url_problem``, for the value of a variable."""
    if code := invisible_in(value):
        return say("The value of {name} contains an invisible character ({code}). Copy it again.", name=name, code=code)
    return None


def _unseen(character: str) -> bool:
    if character.isspace() or character in _BLANK:
        return True
    return not character.isprintable() and unicodedata.category(character) in ("Cf", "Cc", "Zs", "Zl", "Zp")
