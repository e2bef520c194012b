"""Drops foreign cookies from a request before anything parses them.

Python's cookie parser unquotes values in quadratic time, and anybody may send the header. It sees only what is left
here.
"""

import re

from starlette.types import Scope

NAMES = (
    *("session", "signed_in", "browser", "last_source", "lang", "theme", "zone", "browser_zone", "density"),
    *("message_columns", "attempt_columns"),
)
MAX_VALUE = 128

_OURS = re.compile(rb"(?:^|;)[ \t]*(%s)=([A-Za-z0-9_.~-]{0,%d})[ \t]*(?=;|$)" % ("|".join(NAMES).encode(), MAX_VALUE))


def keep_ours(scope: Scope) -> None:
    """Reduce the headers to at most one ``Cookie`` header, with our cookies only. Our values need no quotes."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    sent = [value for name, value in headers if name == b"cookie"]
    if not sent:
        return
    found = dict(_OURS.findall(b";".join(sent)))
    scope["headers"] = [pair for pair in headers if pair[0] != b"cookie"]
    if found:
        scope["headers"].append((b"cookie", b"; ".join(b"%s=%s" % pair for pair in found.items())))
