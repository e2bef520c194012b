"""What comes along unseen when a person copies a value: white space and invisible characters."""

import unicodedata

from server.domain.sentences import Sentence, say

_JOINERS = "\u200c\u200d"
"""They belong to text in some scripts and to emoji, between characters that are not ASCII."""

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
    """The first invisible character within a text, such as ``U+200B``; ``None`` when there is none.

    An ordinary space is none. Line breaks, tabs and every other kind of space are.
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
    """What is wrong with a URL that a person pasted, beyond what is wrong with any URL."""
    if code := invisible_in(url):
        return say("The URL contains an invisible character ({code}). Delete it, or type the URL yourself.", code=code)
    return None


def value_problem(name: str, value: str) -> Sentence | None:
    """The same of the value of a variable."""
    if code := invisible_in(value):
        return say("The value of {name} contains an invisible character ({code}). Copy it again.", name=name, code=code)
    return None


def _unseen(character: str) -> bool:
    if character.isspace() or character in _BLANK:
        return True
    return not character.isprintable() and unicodedata.category(character) in ("Cf", "Cc", "Zs", "Zl", "Zp")
