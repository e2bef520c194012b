"""Regular expressions of cards, matched in time proportional to the text, whoever wrote them.

A person may import a card that somebody else made, and every pasted value is compared with the patterns of all cards:
Python's own engine, which may take exponential time, would let one card stop the server.
"""

import re
from functools import lru_cache

from jsonschema_rs import Draft202012Validator, RegexOptions, ValidationError

MAX_GROUPED = 200
"""Characters of a value whose groups are looked for."""
_BYTES = 256 * 1024
"""The most memory that a compiled pattern takes."""


def is_pattern(text: str) -> bool:
    """Whether it is a regular expression without look-around and back-references, and not too large."""
    try:
        _compiled(text, whole=True)
        _compiled(text, whole=False)
    except ValidationError:
        return False
    return True


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text matches."""
    return _compiled(pattern, whole=True).is_valid(_clean(text))


def is_within(pattern: str, text: str) -> bool:
    """Whether a part of the text matches."""
    return _compiled(pattern, whole=False).is_valid(_clean(text))


def has_cheap_groups(pattern: str) -> bool:
    """Whether Python's engine, which alone gives named groups, takes little time for ``MAX_GROUPED`` characters."""
    plain = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", pattern).replace("(?P<", "(<").replace("(?:", "(")
    repeats, choices = len(re.findall(r"[*+{]", plain)), len(re.findall(r"[?|]", plain))
    return repeats <= 3 and choices <= 6 and not re.search(r"\)[*+{]", plain)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=2048)
def _compiled(pattern: str, *, whole: bool) -> Draft202012Validator:
    return Draft202012Validator(
        {"pattern": f"^(?:{pattern})$" if whole else pattern},
        pattern_options=RegexOptions(size_limit=_BYTES, dfa_size_limit=_BYTES),
    )
