"""Makes text from others safe to show in a terminal."""

import re

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with control characters escaped, such as ``\\x1b``; line feeds and tabs stay.

    A terminal obeys control characters: code or a sender could otherwise clear the screen, hide lines or type into it.
    """
    return _HIDDEN.sub(lambda found: _written(ord(found[0])), text)


def _written(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
