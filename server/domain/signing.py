"""Standard Webhooks signatures: verifying received events, and signing the requests to destinations.

The signature is HMAC-SHA256 over ``id.timestamp.body``. Verification needs the raw bytes of the body, because JSON that
is parsed and written again has other bytes. Source: https://www.standardwebhooks.com
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from enum import StrEnum
from secrets import token_bytes

from server.domain.pasted import invisible_in
from server.domain.sentences import Sentence, say

TOLERANCE_SECONDS = 300
"""The largest difference between a timestamp and our clock, in either direction, as in the official libraries."""

PREFIX = "whsec_"
OVERLAP_MS = 24 * 60 * 60 * 1000
"""How long a replaced secret stays valid beside the new one."""

KEY_BYTES = range(24, 64 + 1)

_MAX_ID = 256
_MAX_SIGNATURES_LENGTH = 4096
_MAX_SIGNATURES = 16

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_ID = re.compile(r"[!-~]+")


class Verdict(StrEnum):
    """The result of ``verify``. The sender learns only whether it succeeded; the operator's log has the reason."""

    GENUINE = "genuine"
    NO_SECRET = "no_secret"  # noqa: S105  the name of a finding
    """No secret is usable, so nothing can be verified."""
    MALFORMED = "malformed"
    """A header is missing, too long, or not in the standard's format."""
    STALE = "stale"
    """The signature is correct, but the timestamp is more than five minutes off: a replay attack or a wrong clock."""
    FORGED = "forged"
    """No signature matches: another secret or another body."""


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes, *, also: tuple[str, ...] = ()) -> str:
    """The value of ``webhook-signature``: one ``v1,<base64>`` for each secret, separated by spaces.

    ``also`` has the former secret during a rotation. ``timestamp`` is in Unix seconds. Raises ValueError for a secret
    that ``secret_problem`` rejects.
    """
    keys = [_key(one) for one in (secret, *also)]
    if None in keys:
        raise ValueError("a usable signing secret is needed to sign")
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(_signature(key, content) for key in keys if key)


def verify(secrets: tuple[str, ...], headers: Mapping[str, str], body: bytes, now: float) -> Verdict:
    """The verdict on a received event. ``headers`` has lower-case names (or ignores case); ``now`` is in Unix seconds.

    Never raises, whatever the headers and the body contain. Ignores signature versions other than ``v1``.
    """
    keys = [key for key in map(_key, secrets) if key]
    if not keys:
        return Verdict.NO_SECRET

    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    offered = headers.get("webhook-signature", "")
    if len(webhook_id) > _MAX_ID or not _ID.fullmatch(webhook_id):
        return Verdict.MALFORMED
    if not _TIMESTAMP.fullmatch(timestamp):
        return Verdict.MALFORMED
    if not offered or len(offered) > _MAX_SIGNATURES_LENGTH or not offered.isascii():
        return Verdict.MALFORMED
    signatures = offered.split(" ")
    if len(signatures) > _MAX_SIGNATURES:
        return Verdict.MALFORMED

    # The timestamp is signed as text, not as a number: 0123 and 123 have different signatures.
    content = f"{webhook_id}.{timestamp}.".encode() + body
    expected = [_signature(key, content).encode() for key in keys]
    matches = [hmac.compare_digest(good, one.encode()) for good in expected for one in signatures]
    if not any(matches):
        return Verdict.FORGED
    # Checked after the signature, so that only the genuine sender can influence the reported clock difference.
    return Verdict.STALE if abs(now - int(timestamp)) > TOLERANCE_SECONDS else Verdict.GENUINE


def unusable_headers(headers: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the signature's headers that are missing or not in the standard's format."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    offered = headers.get("webhook-signature", "")
    signs = 0 < len(offered) <= _MAX_SIGNATURES_LENGTH and offered.isascii() and offered.count(" ") < _MAX_SIGNATURES
    usable = {
        "webhook-id": len(webhook_id) <= _MAX_ID and _ID.fullmatch(webhook_id) is not None,
        "webhook-timestamp": _TIMESTAMP.fullmatch(timestamp) is not None,
        "webhook-signature": signs,
    }
    return tuple(name for name, is_usable in usable.items() if not is_usable)


def new_secret() -> str:
    """A new signing secret: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + b64encode(token_bytes(32)).decode()


def fingerprint(secret: str | None) -> str:
    """A short hash by which a form names the secret that its reader saw, without containing it; empty for no secret."""
    return hashlib.sha256(b"hookbench saw " + secret.encode("utf-8", "replace")).hexdigest()[:16] if secret else ""


def secret_problem(secret: str) -> Sentence | None:
    """What is wrong with a secret that a person typed; ``None`` when it can be used.

    The prefix is optional, because Dodo's documentation omits it and its library strips it.
    """
    text = secret.removeprefix(PREFIX)
    if not text:
        return say("Paste the signing secret that Dodo Payments shows for this webhook. It starts with whsec_.")
    if any(character.isspace() for character in text):
        return say("The signing secret contains a space or a line break. Copy it again.")
    if code := invisible_in(text):
        return say("The signing secret contains an invisible character ({code}). Copy it again.", code=code)
    decoded = _decode(text)
    if decoded is None:
        return say(
            "This is not a valid signing secret: the part after whsec_ must be base64 (letters, digits, + and /)."
        )
    if len(decoded) not in KEY_BYTES:
        return say(
            "The signing secret is {length} bytes long, but Standard Webhooks secrets have {least} to {most}. "
            "Was it copied completely?",
            length=len(decoded),
            least=KEY_BYTES[0],
            most=KEY_BYTES[-1],
        )
    return None


def _key(secret: str) -> bytes | None:
    decoded = _decode(secret.removeprefix(PREFIX))
    return decoded if decoded is not None and len(decoded) in KEY_BYTES else None


def _decode(text: str) -> bytes | None:
    """Strict base64, except that padding may be missing, because a double click in a browser does not select it.

    ``None`` for text that is not base64.
    """
    bare = text.rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _signature(key: bytes, content: bytes) -> str:
    return "v1," + b64encode(hmac.digest(key, content, "sha256")).decode()
