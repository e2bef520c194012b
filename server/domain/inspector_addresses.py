"""Addresses of the inspector: they take any request, keep it for people to read, and respond as a person says."""

import json
import re
from dataclasses import dataclass

from server.domain.ids import InspectedRequestId, InspectorAddressId, Millis, SourceId
from server.domain.masking import shown_query
from server.domain.messages import SentRequest, mask
from server.domain.shortened import shortened

PREFIX = "/inspect/"
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")

MAX_ADDRESSES = 20
"""In one source."""
MAX_NAME = 80
MAX_RESPONSE_CHARACTERS = 10_000
MAX_DELAY_SECONDS = 30
MAX_BODY_BYTES = 1024 * 1024
"""Of a received request; the rest is not kept."""
MAX_REQUESTS = 500
"""Kept for one address: the newest."""
MAX_KEPT_BYTES = 16 * 1024 * 1024
"""Kept for one address, all bodies, headers and targets together."""
MAX_HEADERS = 100
"""Kept of one request; the first."""
MAX_HEADER_CHARACTERS = 4096
"""Kept of a header's name or value; a longer one ends in "…"."""
MAX_TARGET = 2000
"""Characters that are kept of what follows the token in the address."""
KEPT_MS: Millis = 7 * 24 * 3_600_000

FAILED = 503
"""The status of a request that fails by the failure rate."""
WITHOUT_BODY = frozenset({204, 205, 304})

_SECRET_HEADER = re.compile(r"key|token|secret|passw|pwd|auth|credential|session|cookie|private|bearer", re.I)
_SHOWN_HEADERS = frozenset({"idempotency-key", "sec-websocket-key"})
"""They grant no access, although their names sound so; nor do signatures, which are made for one body."""


@dataclass(frozen=True, slots=True)
class Answers:
    """How an address responds."""

    status: int = 200
    delay_ms: Millis = 0
    failure_rate: int = 0
    """Percent of the requests that get ``FAILED`` instead."""
    body: str = ""

    def status_at(self, chance: float) -> int:
        """The status of a request; ``chance`` is random, from 0 up to but not including 1."""
        return FAILED if chance * 100 < self.failure_rate else self.status

    @property
    def content_type(self) -> str:
        """Never HTML: foreign content must not run on our origin."""
        try:
            json.loads(self.body)
        except (ValueError, RecursionError):
            return "text/plain; charset=utf-8"
        return "application/json"


@dataclass(frozen=True, slots=True)
class InspectorAddress:
    id: InspectorAddressId
    source_id: SourceId
    name: str
    token: str
    """The last part of the address ``/inspect/<token>``; nobody can guess it."""
    answers: Answers
    created_at: Millis


@dataclass(frozen=True, slots=True)
class InspectedRequest:
    """A request that an address received."""

    id: InspectedRequestId
    address_id: InspectorAddressId
    received_at: Millis
    method: str
    target: str
    """What follows the token in the address: path and query. Values of the query that may be keys are masked."""
    headers: tuple[tuple[str, str], ...]
    """Values that grant access are masked."""
    size: int
    """Bytes of the body that were kept."""
    cut: bool
    """The body was longer."""
    status: int
    """With which it was answered."""
    body: bytes = b""

    @property
    def kept_bytes(self) -> int:
        """What the request takes up in all."""
        return self.size + len(self.target) + len(json.dumps(self.headers))

    def as_sent(self, url: str) -> SentRequest:
        """The request to the address at ``url``."""
        return SentRequest(self.method, url + self.target, self.headers, self.body)


def shown_target(path: str, query: str) -> str:
    """What follows the token in the address as it is kept, within bounds: the query may hold keys, as a URL may.

    The path stays, for it names what the request is about: ``/customers/cus_…``.
    """
    return f"{path}?{shown_query(query)}"[:MAX_TARGET] if query else path[:MAX_TARGET]


def shown_headers(headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers as they are kept, within bounds: what may grant access to a destination is masked.

    Only names tell, since an endpoint may have its credentials in any header.
    """
    masked = ((name, mask(value) if _grants_access(name.lower()) else value) for name, value in headers[:MAX_HEADERS])
    limit = MAX_HEADER_CHARACTERS
    return tuple((shortened(name, limit), shortened(value, limit)) for name, value in masked)


def _grants_access(name: str) -> bool:
    return bool(_SECRET_HEADER.search(name)) and name not in _SHOWN_HEADERS and "signature" not in name
