"""When and how pages and static files are compressed. Streams and the intake never are."""

import re
import zlib

from starlette.datastructures import Headers
from starlette.types import Scope

MIN_BYTES = 1000
PAGE_LEVEL = 5
"""0.5 ms for a page of 40 KB, which becomes 7 KB."""
FILE_LEVEL = 9
"""Each file is compressed once."""
_GZIP = 16 + zlib.MAX_WBITS
_ONLY_IDS = re.compile(rb"(?:[a-z]+=(?:[a-z]{2,4}_[0-9A-Z]{26})?(?:&|$))*")


def accepts(scope: Scope, encoding: str) -> bool:
    """Whether the client takes the encoding. One with a weight, such as ``gzip;q=0``, counts as not taken."""
    return encoding in Headers(scope=scope).get("accept-encoding", "").replace(" ", "").split(",")


def packs_pages(scope: Scope) -> bool:
    """Whether a page may be compressed: the person opened it, by a GET.

    The length of a compressed page tells whether an address that another site made up occurs in the page beside a
    secret (BREACH). So requests of other sites get pages as they are, and so does a client that does not say who asks.
    A page that another site opened refreshes itself with the query that it was opened with, so parts of pages that were
    asked for with a query are not compressed either, unless it holds nothing but ids of ours.
    The answer to a POST can contain a secret that was revealed or typed.
    """
    headers = Headers(scope=scope)
    if scope["method"] != "GET" or (headers.get("hx-request") and not _ONLY_IDS.fullmatch(scope["query_string"])):
        return False
    return headers.get("sec-fetch-site") in ("same-origin", "none") and accepts(scope, "gzip")


def packed(data: bytes, level: int) -> bytes:
    """The data as gzip. Takes time: call it in a thread."""
    gzip = zlib.compressobj(level, wbits=_GZIP)
    return gzip.compress(data) + gzip.flush()
