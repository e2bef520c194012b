"""The one door for HTTP out: every delivery, example and test send goes through ``Courier.send``."""

import errno
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import httpx

from server.delivery.connections import BrokeOff, NoAnswer
from server.delivery.deadlines import Within
from server.delivery.transport import Forbidden, GuardedTransport, Resolve
from server.domain.addresses import AddressRules, host_of
from server.domain.messages import AttemptError, ReceivedResponse
from server.domain.requests import Prepared
from server.domain.sentences import Sentence, say

KEPT_BODY = 64 * 1024
KEPT_HEADERS = 64
KEPT_HEADER = 2048


@dataclass(frozen=True, slots=True)
class Answered:
    """A whole answer came, with whatever status."""

    response: ReceivedResponse
    ms: float


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No whole answer came.

    ``error.kind`` is one of: refused, no route, name, certificate, tls, timeout, reset, broken answer.
    """

    error: AttemptError
    ms: float


@dataclass(frozen=True, slots=True)
class Blocked:
    """Nothing was sent: the address is not allowed (kind ``address``), or it is no HTTP request (``request``)."""

    error: AttemptError
    ms: float


Sent = Answered | Unreachable | Blocked


class Courier:
    """Sends requests, each under one absolute deadline of ``timeout`` seconds around connect, send, head and body.

    ``fixed`` and ``ca_file`` are the operator's, as ``curl --resolve`` and ``--cacert``: a host and port that are named
    there lead to that address, whatever the rules say about it. Redirects are answers. Close with ``aclose``.
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

    async def send(self, prepared: Prepared) -> Sent:
        """Send once. Never raises for anything the destination, the network or the request's content does.

        Raises OSError, before anything was sent, when this machine has no file or memory left to connect with.
        """
        started = perf_counter()
        try:
            with Within(self.timeout):
                response = await self._exchange(prepared)
        except TimeoutError:
            error = _error("timeout", say("No whole answer within {seconds} seconds.", seconds=f"{self.timeout:g}"))
            return Unreachable(error, _since(started))
        except Forbidden as refusal:
            return Blocked(_error("address", refusal.sentence), _since(started))
        except (httpx.LocalProtocolError, httpx.InvalidURL, ValueError):  # of the last kind: what TLS takes for no name
            return Blocked(_error("request", say("The URL or a header cannot be sent over HTTP.")), _since(started))
        except httpx.TransportError as failure:
            return Unreachable(_explained(failure, host_of(prepared.url)), _since(started))
        return Answered(response, _since(started))

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _exchange(self, prepared: Prepared) -> ReceivedResponse:
        # Straight to the transport: a client's layers above it would cost more than the request itself, and so would
        # all that a request looks for in its content when it is not called a stream.
        stream = httpx.ByteStream(prepared.body)
        request = httpx.Request(prepared.method, _url(prepared.url), headers=prepared.headers, stream=stream)
        response = await self._transport.handle_async_request(request)
        try:
            body, truncated = await _beginning(response)
        finally:
            await response.aclose()
        headers = response.headers.raw[:KEPT_HEADERS]
        kept = tuple((name.decode("latin-1"), value.decode("latin-1")[:KEPT_HEADER]) for name, value in headers)
        return ReceivedResponse(response.status_code, kept, body, truncated)


@lru_cache(maxsize=1024)
def _url(text: str) -> httpx.URL:
    """Reading a URL costs httpx as much as a third of a request, and most go to the same few."""
    return httpx.URL(text)


async def _beginning(response: httpx.Response) -> tuple[bytes, bool]:
    """At most ``KEPT_BODY`` bytes of the body as they are on the wire, and whether there was more."""
    body = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for chunk in response.stream:  # raw, without the layers of ``aiter_raw``
        body += chunk
        if len(body) > KEPT_BODY:
            return bytes(body[:KEPT_BODY]), True
    return bytes(body), False


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000


def _error(kind: str, sentence: Sentence) -> AttemptError:
    return AttemptError(kind, str(sentence))


def _explained(failure: httpx.TransportError, host: str) -> AttemptError:
    """Words for people. The texts of the libraries are not shown: they hold addresses and class names."""
    match failure:
        case httpx.ConnectError():
            return _not_connected(failure.__cause__, host)
        case NoAnswer():
            return _error("reset", say("{host} closed the connection without an answer.", host=host))
        case BrokeOff():
            return _error("broken answer", say("The answer of {host} broke off, or is not valid HTTP.", host=host))
        case httpx.RemoteProtocolError():
            return _error("broken answer", say("What {host} answered is not valid HTTP, or too large.", host=host))
        case _:
            return _error("reset", say("{host} broke the connection.", host=host))


def _not_connected(problem: BaseException | None, host: str) -> AttemptError:
    match problem:
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return _error("name", say("The name {host} could not be looked up: no name server answered.", host=host))
        case socket.gaierror():
            return _error("name", say("The name {host} was not found.", host=host))
        case ssl.SSLCertVerificationError():
            return _error("certificate", _certificate(problem.verify_code, host))
        case ssl.SSLError(reason=str(reason)) if "ALERT" in reason or reason == "TLSV1_UNRECOGNIZED_NAME":
            return _error(
                "tls",
                say(
                    "{host} speaks https and refused the connection: it may want a client certificate, know no such "
                    "name, or have no TLS as new as 1.2.",
                    host=host,
                ),
            )
        case ssl.SSLError():
            return _error("tls", say("No encrypted connection came about. Does {host} speak https there?", host=host))
        case ConnectionResetError() | BrokenPipeError():  # in a TLS handshake without a number
            return _error("reset", say("{host} broke the connection.", host=host))
    match getattr(problem, "errno", None):
        case errno.ECONNREFUSED:
            return _error("refused", say("{host} refused the connection: nothing listens there.", host=host))
        case errno.ENETUNREACH | errno.EHOSTUNREACH:
            return _error("no route", say("There is no way to {host} from here.", host=host))
        case _:
            return _error("refused", say("No connection to {host} came about.", host=host))


def _certificate(code: int, host: str) -> Sentence:
    match code:
        case 10:
            return say("The certificate of {host} has expired.", host=host)
        case 9:
            return say("The certificate of {host} is not valid yet.", host=host)
        case 62 | 64:
            return say("The certificate that {host} shows is for another host.", host=host)
        case 18 | 19 | 20 | 21:
            return say("The certificate of {host} is signed by an unknown authority.", host=host)
        case _:
            return say("The certificate of {host} is not valid.", host=host)
