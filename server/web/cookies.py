"""The few cookies that are ours, read in one pass.

Python's own reader unquotes values in quadratic time, on a header that anybody may send. It sees only what passed here.
"""

import re

from starlette.types import Scope

NAMES = ("session", "signed_in", "browser", "last_source", "lang", "theme")
MAX_VALUE = 128

_OURS = re.compile(rb"(?:^|;)[ \t]*(%s)=([A-Za-z0-9_.~-]{0,%d})[ \t]*(?=;|$)" % ("|".join(NAMES).encode(), MAX_VALUE))


def keep_ours(scope: Scope) -> None:
    """Leave one ``Cookie`` header at most, with our cookies alone. Values as we write them need no quotes."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    sent = [value for name, value in headers if name == b"cookie"]
    if not sent:
        return
    found = dict(_OURS.findall(b";".join(sent)))
    scope["headers"] = [pair for pair in headers if pair[0] != b"cookie"]
    if found:
        scope["headers"].append((b"cookie", b"; ".join(b"%s=%s" % pair for pair in found.items())))
