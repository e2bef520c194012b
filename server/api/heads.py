"""Heads that are legal and that the parser refuses all the same, written so that it takes them.

It is asked only about a head that the parser refused, so that usual ones pay nothing. Whatever two servers might read
differently stays refused: a length beside a coding, lengths that differ, a folded line in a field that frames the body.
"""

import re

_VERSION = re.compile(rb" HTTP/1\.[2-9] *$")
_NOT_FOLDED = frozenset({b"content-length", b"transfer-encoding", b"host", b"connection", b"upgrade", b"expect", b"te"})
"""Fields that say how to read the message. Nobody folds them for want of room."""
MAX_ELEMENTS = 64
"""Of a list, the empty ones counted too."""


def rewritten(head: bytes) -> bytes | None:
    """The head as most clients would have written it; ``None`` where nothing can be done for it.

    Folded lines become one (RFC 9112 5.2), empty elements leave the lists (RFC 9110 5.6.1), a length that is said twice
    is said once (RFC 9112 6.3), and a later minor version counts as ours (RFC 9110 6.2).
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
    """The elements of a list, without the empty ones; none of a list that is too long."""
    every = value.split(b",")
    return [one for each in every if (one := each.strip(b" \t"))] if len(every) <= MAX_ELEMENTS else []


def _unfolded(head: bytes) -> bytes:
    """With each folded line added to the one before, where that is a field which may be folded."""
    lines: list[list[bytes]] = []
    for line in head[: -len(b"\r\n\r\n")].split(b"\r\n"):
        if line[:1] not in (b" ", b"\t"):
            lines.append([line])
        elif len(lines) < 2 or not line.strip(b" \t") or lines[-1][0].partition(b":")[0].lower() in _NOT_FOLDED:
            return head  # to be refused: some read a line of white space as the end of the head
        else:
            lines[-1].append(line.strip(b" \t"))
    return b"\r\n".join(b" ".join(parts) for parts in lines) + b"\r\n\r\n"
