"""A recorded request as a command for a POSIX shell that sends the same bytes with curl."""

from server.domain.messages import MASK, SentRequest

MAX_INLINE = 100_000
"""Bytes. Linux refuses an argument of more than 128 KiB; ``printf`` is part of the shell, which has no such limit."""
PLACEHOLDER = "<secret>"
"""Stands for each masked secret: a person puts the real one there."""

_COMPUTED = frozenset({"content-length", "host", "connection", "transfer-encoding"})
"""Headers that curl writes itself."""
_ADDED = ("Accept", "User-Agent", "Content-Type")
"""Headers that curl adds, unless told not to."""


def as_curl(request: SentRequest) -> str:
    """The command, one option a line. Masked secrets are placeholders, so it holds none."""
    body = request.body
    inline = _is_text(body)
    options = [f"curl --request {_quoted(request.method)}", f"--url {_quoted(_shown(request.url))}"]
    if any(character in request.url for character in "[]{}"):
        options.append("--globoff")
    if "/." in request.url:
        options.append("--path-as-is")
    sent = [(name, _shown(value)) for name, value in request.headers if name.lower() not in _COMPUTED]
    options += [f"--header {_quoted(f'{name}: {value}' if value else f'{name};')}" for name, value in sent]
    named = {name.lower() for name, _ in sent}
    options += [f"--header {_quoted(f'{name}:')}" for name in _ADDED if name.lower() not in named]
    if body and inline:
        options.append(f"--data-raw {_quoted(_shown(body.decode()))}")
    elif body:
        options.append("--data-binary @-")
    command = " \\\n  ".join(options)
    return command if inline else f"printf '{_octal(_with_placeholders(body))}' | {command}"


def _shown(text: str) -> str:
    return text.replace(MASK, PLACEHOLDER)


def _with_placeholders(body: bytes) -> bytes:
    return body.replace(MASK.encode(), PLACEHOLDER.encode())


def _is_text(body: bytes) -> bool:
    """Whether the body can be an argument: a shell cannot pass NUL, and terminals change other bytes."""
    if len(body) > MAX_INLINE:
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character in "\n\t" for character in text) and "\x7f" not in text


def _quoted(text: str) -> str:
    """The text in single quotes, in which a POSIX shell changes nothing."""
    return "'" + text.replace("'", "'\\''") + "'"


def _octal(body: bytes) -> str:
    return "".join(chr(byte) if 48 <= byte < 123 and chr(byte).isalnum() else f"\\{byte:03o}" for byte in body)
