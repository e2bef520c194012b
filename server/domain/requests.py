"""The finished request: what the code returned, or the received event unchanged, ready to be signed and sent.

The rules are here because the HTTP client enforces few: it sends ``Transfer-Encoding`` beside ``Content-Length``,
``Host`` and ``Upgrade``. Each violation is a sentence that names what to change.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote_plus

from server import __version__
from server.domain.addresses import url_problem
from server.domain.messages import AttemptError
from server.domain.reasons import Reason, because
from server.domain.sentences import Problem, Sentence, say
from server.domain.transformations import FailureKind, Returned

METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
MAX_HEADERS = 64
MAX_NAME = 256
MAX_VALUE_BYTES = 4096
FORM = "application/x-www-form-urlencoded"

DEFAULTS = {
    "content-type": "application/json",
    "user-agent": f"Hookbench/{__version__}",
    "accept": "*/*",
    "accept-encoding": "identity",  # responses are recorded as they are on the wire, so they should be readable there
}

RESERVED = frozenset(
    {
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "expect",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }
)  # fmt: skip
"""Names that only Hookbench or the connection sets. All names that start with ``proxy-`` are reserved too."""

SHOWN = frozenset(DEFAULTS) | {
    "accept-language", "cache-control", "content-encoding", "content-language", "idempotency-key", "prefer",
    "x-request-id", "webhook-id", "webhook-timestamp", "webhook-signature",
}  # fmt: skip
"""Headers whose values are recorded and shown. Other values may be keys and are masked; a signature reveals no key."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class FinishedRequest:
    """A request that passes all rules except the address guard's, which are checked when it connects."""

    method: str
    url: str
    headers: Mapping[str, str]
    """Each name once regardless of case, in the spelling of the layer that set it."""
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header; ``name`` in lower case, empty when it is not set."""
        return next((value for known, value in self.headers.items() if known.lower() == name), "")


def finish(
    returned: Returned, *, credential_headers: Mapping[str, str], endpoint_headers: Mapping[str, str]
) -> FinishedRequest | AttemptError:
    """The request for what ``handler`` returned, or the error if it breaks a rule.

    Headers of the code override the endpoint's, which override those of the credentials, which override the defaults;
    names ignore case. GET has no body, because servers and proxies refuse or drop it; DELETE has one.
    """
    method = returned.method.upper()
    if method not in METHODS:
        return _bad(because("request_method", methods=", ".join(METHODS)))
    if problem := url_problem(returned.url):
        return _bad(because("request_url", problem=problem))
    if problem := headers_problem(returned.headers):
        return _bad(problem)

    headers = layered(DEFAULTS, credential_headers, endpoint_headers, returned.headers)
    if method == "GET":
        without_type = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        return FinishedRequest(method, returned.url, without_type, b"")

    request = FinishedRequest(method, returned.url, headers, _utf8(returned.payload))
    if returned.payload_is_text or not _is_form(request.header("content-type")):
        return request
    form = _form(returned.payload)
    return _bad(form) if isinstance(form, Reason) else replace(request, body=form.encode())


def untransformed(
    url: str, body: bytes, *, credential_headers: Mapping[str, str], endpoint_headers: Mapping[str, str]
) -> FinishedRequest:
    """The request with the received bytes unchanged, which an endpoint sends while its transformation is off."""
    return FinishedRequest("POST", url, layered(DEFAULTS, credential_headers, endpoint_headers), body)


def layered(*layers: Mapping[str, str]) -> dict[str, str]:
    """The headers of all layers; later layers override earlier ones, and names ignore case."""
    merged = {name.lower(): (name, value.strip(" \t")) for layer in layers for name, value in layer.items()}
    return dict(merged.values())


def headers_problem(headers: Mapping[str, str]) -> Reason | None:
    """The first problem of a set of headers, in a sentence that names the header; ``None`` if there is none."""
    if len(headers) > MAX_HEADERS:
        return because("headers_too_many", limit=MAX_HEADERS)
    return next((problem for name, value in headers.items() if (problem := header_problem(name, value))), None)


def header_problem(name: str, value: str) -> Reason | None:
    """What is wrong with one header that the code set or a person typed; ``None`` if nothing is."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        return because(
            "header_name",
            name=_printable(name),
        )
    read_as = name.lower().replace("_", "-")  # CGI-style receivers treat them alike
    if read_as in RESERVED or read_as.startswith("proxy-"):
        return because("header_reserved", name=name)
    if _CONTROL.search(value):
        return because("header_control_character", name=name)
    if not value.isascii():
        return because(
            "header_not_ascii",
            name=name,
        )
    if len(value) > MAX_VALUE_BYTES:
        return because("header_too_long", name=name, limit=MAX_VALUE_BYTES)
    return None


def typed_headers_problems(pairs: Iterable[tuple[str, str]], field: str = "headers") -> tuple[Problem, ...]:
    """The problems of a form's custom headers. Their fields are named by row: ``headers.0``, ``headers.1`` …"""
    problems: list[Problem] = []
    seen: set[str] = set()
    for row, (name, value) in enumerate(pairs):
        problem: Sentence | None = header_problem(name, value)
        if problem is None and name.lower() in seen:
            problem = say("The header {name} is set twice.", name=name)
        if problem:
            problems.append(Problem(f"{field}.{row}", problem))
        seen.add(name.lower())
    return tuple(problems)


def _bad(reason: Reason) -> AttemptError:
    return AttemptError(FailureKind.BAD_RESULT, reason)


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name[:40])


def _is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == FORM


def _form(payload: str) -> str | Reason:
    """A flat object as ``new URLSearchParams(object)`` writes it; numbers keep the digits that JavaScript wrote."""
    try:
        fields = json.loads(payload, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or any(isinstance(value, dict | list) for value in fields.values()):
        return because(
            "request_form",
            type=FORM,
        )
    return "&".join(f"{_encoded(name)}={_encoded(_as_text(value))}" for name, value in fields.items())


def _as_text(value: str | bool | None) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return value


def _encoded(text: str) -> str:
    return quote_plus(_utf8(text), safe="*").replace("~", "%7E")


def _utf8(text: str) -> bytes:
    """The text in UTF-8 as browsers write it: a lone surrogate becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
