"""A real destination on loopback, plain or over TLS: records every request and sends the response a test sets."""

import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import trustme


@dataclass(frozen=True, slots=True)
class Got:
    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


@dataclass
class Destination:
    """``with Destination() as destination:`` listens on a free port of 127.0.0.1."""

    certificate: trustme.LeafCert | None = None
    status: int = 200
    answer: bytes = b"{}"
    got: list[Got] = field(default_factory=list)

    def __enter__(self) -> "Destination":
        destination = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                destination.got.append(Got(self.command, self.path, headers, body))
                self.send_response(destination.status)
                self.send_header("content-length", str(len(destination.answer)))
                self.end_headers()
                self.wfile.write(destination.answer)

            do_POST = do_PUT = do_PATCH = do_GET = do_DELETE = _take

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: Any) -> None:
                """Ignore errors: a sender that is killed resets its connections."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
