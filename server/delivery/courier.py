"""The only way out over HTTP: every delivery, example and test send goes through ``Courier.send``."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import httpx

from server.delivery.connections import NoResponse, Oversized, Response, ResponseCutShort, StaleResponse
from server.delivery.deadline import Deadline
from server.delivery.transport import AddressForbidden, Exchange, GuardedTransport, Resolve
from server.domain.addresses import AddressRules, host_of
from server.domain.body_text import as_text
from server.domain.messages import AttemptError, ReceivedResponse
from server.domain.reasons import Reason, because
from server.domain.requests import FinishedRequest

KEPT_BODY = 64 * 1024
KEPT_HEADERS = 64 * 1024
"""Bytes of header names and values together, however many headers there are."""


@dataclass(frozen=True, slots=True)
class Responded:
    """A status arrived. It decides the outcome, whatever follows: it is the destination's response to our request."""

    response: ReceivedResponse
    ms: float
    error: AttemptError | None = None
    """Why the rest of the response did not arrive whole; ``None`` when it did."""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No status arrived.

    ``error.kind`` is one of: refused, no route, name, certificate, tls, timeout, reset, broken answer.
    """

    error: AttemptError
    ms: float


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing was sent: the address is forbidden (kind ``address``), or this is no HTTP request (``request``)."""

    error: AttemptError
    ms: float


Sent = Responded | Unreachable | Blocked


class Courier:
    """Sends requests, each under one absolute deadline of ``timeout`` seconds for connect, send, head and body.

    ``fixed`` and ``ca_file`` come from the operator, like ``curl --resolve`` and ``--cacert``: a host and port in
    ``fixed`` lead to the address given there, whatever the rules say about it. Redirects are returned as responses,
    never followed. Close with ``aclose``.
    """

    def __init__(
        self,
        rules: AddressRules,
        *,
        timeout: float = 15.0,
        fixed: Mapping[tuple[str, int], tuple[str, int]] | None = None,
        ca_file: Path | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self.rules = rules
        self.timeout = timeout
        self._transport = GuardedTransport(rules, fixed=fixed, ca_file=ca_file, resolve=resolve)

    async def send(self, prepared: FinishedRequest, *, endpoint: str = "", status_ends: bool = False) -> Sent:
        """Send once and return the result. Never raises because of the destination, the network or the request.

        ``endpoint`` is the sending endpoint's id: only the same endpoint reuses its connections. With ``status_ends``,
        a cancellation after the status arrived ends the reading but not the attempt: the destination has responded, and
        the request must not be sent again because Hookbench stops. Raises OSError, before anything is sent, when this
        machine has no file or memory left for a connection.
        """
        started, host = perf_counter(), host_of(prepared.url)
        received = _Received()
        error = None
        try:
            with Deadline(self.timeout):
                await received.receive(self._transport, prepared, endpoint)
        except TimeoutError:
            error = _error("timeout", because("response_timeout", seconds=f"{self.timeout:g}"))
            if received.status():
                error = _error(
                    "timeout",
                    because("response_incomplete", seconds=f"{self.timeout:g}"),
                )
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not (status_ends and task and received.status()):
                raise
            task.uncancel()
            error = _error("stopped", because("response_hookbench_stopped"))
        except AddressForbidden as refusal:
            return Blocked(_error("address", refusal.reason), _since(started))
        except (httpx.LocalProtocolError, httpx.InvalidURL, ValueError):  # ValueError: TLS rejects the host name
            return Blocked(_error("request", because("not_http")), _since(started))
        except httpx.TransportError as failure:
            error = _cut_short(failure, host) if received.status() else _explained(failure, host)
        if error and not received.status():
            return Unreachable(error, _since(started))
        return Responded(received.response(complete=error is None), _since(started), error)

    async def aclose(self) -> None:
        await self._transport.aclose()


class _Received:
    """The part of a response that has arrived so far."""

    __slots__ = ("_body", "_cut", "_exchange")

    def __init__(self) -> None:
        self._exchange: Exchange | None = None
        self._body = bytearray()
        self._cut = False
        """The body is longer than what is kept."""

    async def receive(self, transport: GuardedTransport, prepared: FinishedRequest, endpoint: str) -> None:
        # Call the transport directly: the layers of an httpx client cost more than the request itself, and so does the
        # request object that they need.
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in prepared.headers.items()]
        url = _url(prepared.url)
        self._exchange = exchange = transport.exchange(prepared.method, url, headers, prepared.body, endpoint=endpoint)
        try:
            await exchange.head()
            async for piece in exchange:
                self._body += piece
                if len(self._body) > KEPT_BODY:
                    self._cut = True
                    break
        finally:
            await exchange.aclose()

    def status(self) -> int:
        """Return the status; 0 when none was read."""
        answer = self._exchange.answer if self._exchange else None
        if answer is None:
            return 0
        answer.read_partial_head()
        return answer.status

    def response(self, *, complete: bool) -> ReceivedResponse:
        assert self._exchange
        answer = self._exchange.answer
        assert answer
        kept, content_type, codings = _kept(answer)
        body, truncated = as_text(
            bytes(self._body[:KEPT_BODY]),
            content_type=content_type,
            codings=codings,
            complete=complete and not self._cut,
            max_bytes=KEPT_BODY,
        )
        return ReceivedResponse(answer.status, kept, body, truncated)


def _kept(answer: Response) -> tuple[tuple[tuple[str, str], ...], str, list[str]]:
    """Return the headers, the content type, and the body's codings in the order of application."""
    kept: list[tuple[str, str]] = []
    content_type, codings, left = "", [], KEPT_HEADERS
    for raw_name, raw_value in answer.headers:
        left -= len(raw_name) + len(raw_value)
        if left < 0:
            break
        name, value = _text(raw_name), _text(raw_value)
        kept.append((name, value))
        if len(name) == len("content-type") and name.lower() == "content-type":
            content_type = value
        elif len(name) == len("content-encoding") and name.lower() == "content-encoding":
            codings += [coding.strip().lower() for coding in value.split(",") if coding.strip()]
    codings += [coding.decode("latin-1") for coding in answer.transfer_codings]
    return tuple(kept), content_type, codings


def _text(raw: bytes) -> str:
    """Decode a header as UTF-8 if it is valid, which is hardly a coincidence; otherwise as Latin-1, the standard."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


@lru_cache(maxsize=1024)
def _url(text: str) -> httpx.URL:
    """Parse a URL. Cached, since parsing costs httpx a third of a request, and most requests go to the same few."""
    return httpx.URL(text)


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000


def _error(kind: str, reason: Reason) -> AttemptError:
    return AttemptError(kind, reason)


def _explained(failure: httpx.TransportError, host: str) -> AttemptError:
    """Explain a failure to people, without the libraries' own texts, which contain addresses and class names."""
    match failure:
        case httpx.ConnectError():
            return _not_connected(failure.__cause__, host)
        case NoResponse() if not isinstance(failure, StaleResponse):
            return _error("reset", because("response_closed", host=host))
        case ResponseCutShort():
            return _error("broken answer", because("response_broke_off", host=host))
        case httpx.RemoteProtocolError():
            return _error("broken answer", because("response_invalid", host=host))
        case _:
            return _error("reset", because("connection_reset", host=host))


def _cut_short(failure: httpx.TransportError, host: str) -> AttemptError:
    """Explain why a response whose status arrived is incomplete."""
    match failure:
        case Oversized():
            return _error("broken answer", because("response_head_too_large", host=host))
        case httpx.RemoteProtocolError() if not isinstance(failure, ResponseCutShort):
            return _error("broken answer", because("response_rest_invalid", host=host))
        case _:
            return _error("broken answer", because("response_rest_broke_off", host=host))


def _not_connected(problem: BaseException | None, host: str) -> AttemptError:
    match problem:
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return _error("name", because("name_no_answer", host=host))
        case socket.gaierror():
            return _error("name", because("name_not_found", host=host))
        case ssl.SSLCertVerificationError():
            return _error("certificate", _certificate(problem.verify_code, host))
        case ssl.SSLError(reason="TLSV13_ALERT_CERTIFICATE_REQUIRED"):
            return _error("tls", because("tls_client_certificate", host=host))
        case ssl.SSLError(reason=str(reason)) if "ALERT" in reason or reason == "TLSV1_UNRECOGNIZED_NAME":
            return _error(
                "tls",
                because(
                    "tls_refused",
                    host=host,
                ),
            )
        case ssl.SSLError():
            return _error("tls", because("tls_failed", host=host))
        case ConnectionResetError() | BrokenPipeError():  # a TLS handshake raises these without an errno
            return _error("reset", because("connection_reset", host=host))
    match getattr(problem, "errno", None):
        case errno.ECONNREFUSED:
            return _error("refused", because("connection_refused", host=host))
        case errno.ENETUNREACH | errno.EHOSTUNREACH:
            return _error("no route", because("connection_no_route", host=host))
        case _:
            return _error("refused", because("connection_failed", host=host))


def _certificate(code: int, host: str) -> Reason:
    match code:
        case 10:
            return because("certificate_expired", host=host)
        case 9:
            return because("certificate_not_yet_valid", host=host)
        case 62 | 64:
            return because("certificate_other_host", host=host)
        case 18 | 19 | 20 | 21:
            return because("certificate_unknown_authority", host=host)
        case _:
            return because("certificate_invalid", host=host)
