"""Rewrites heads that are legal but that the parser rejects, so that it accepts them.

Only a rejected head gets here, so usual ones cost nothing. Whatever two servers might read differently stays rejected:
a length beside a coding, lengths that differ, a folded line in a field that frames the body.
"""

import re

_VERSION = re.compile(rb" HTTP/1\.[2-9] *$")
_NOT_FOLDED = frozenset({b"content-length", b"transfer-encoding", b"host", b"connection", b"upgrade", b"expect", b"te"})
"""Fields that say how to read the message. No sender folds them to shorten a line."""
MAX_ELEMENTS = 64
"""Elements of a list, including the empty ones."""


def rewritten(head: bytes) -> bytes | None:
    """Return the head as most clients would have written it; ``None`` when it cannot be rewritten.

    Joins folded lines (RFC 9112 5.2), removes empty elements of lists (RFC 9110 5.6.1), keeps one of several equal
    lengths (RFC 9112 6.3), and treats a later minor version as 1.1 (RFC 9110 6.2).
    """
    unfolded = _unfolded(head) if b"\r\n " in head or b"\r\n\t" in head else head
    line, *fields = unfolded[: -len(b"\r\n\r\n")].split(b"\r\n")
    kept, lengths, codings = [_VERSION.sub(b" HTTP/1.1", line)], [], []
    for field in fields:
        name, _, value = field.partition(b":")
        match name.lower():
            case b"content-length":
                lengths.append(value)
            case b"transfer-encoding":
                codings.append(value)
            case _:
                kept.append(field)
    if lengths and codings:
        return None
    if lengths:
        said = elements(b",".join(lengths))
        if not said or not all(one.isdigit() and len(one) <= 18 for one in said) or len(set(map(int, said))) > 1:
            return None
        kept.append(b"Content-Length: %d" % int(said[0]))
    if codings:
        kept.append(b"Transfer-Encoding: " + b", ".join(elements(b",".join(codings))))
    again = b"\r\n".join(kept) + b"\r\n\r\n"
    return again if again != head else None


def elements(value: bytes) -> list[bytes]:
    """Return the elements of a list without the empty ones; none of a list that is too long."""
    every = value.split(b",")
    return [one for each in every if (one := each.strip(b" \t"))] if len(every) <= MAX_ELEMENTS else []


def _unfolded(head: bytes) -> bytes:
    """Join each folded line to the one before, if that field may be folded."""
    lines: list[list[bytes]] = []
    for line in head[: -len(b"\r\n\r\n")].split(b"\r\n"):
        if line[:1] not in (b" ", b"\t"):
            lines.append([line])
        elif len(lines) < 2 or not line.strip(b" \t") or lines[-1][0].partition(b":")[0].lower() in _NOT_FOLDED:
            return head  # stays rejected: some servers read a line of white space as the end of the head
        else:
            lines[-1].append(line.strip(b" \t"))
    return b"\r\n".join(b" ".join(parts) for parts in lines) + b"\r\n\r\n"
