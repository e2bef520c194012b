"""A real mail server on loopback that records messages and refuses the recipients that a test names."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Mailbox:
    """The received messages; also the handler of aiosmtpd's events."""

    refuses: str = ""
    """The recipient address to refuse; ``*`` refuses all."""
    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refuses in (address, "*"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.got.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


def _signs_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = mechanism in ("LOGIN", "PLAIN") and (data.login, data.password) == (b"ada", b"p@ss:word/1")
    return AuthResult(success=good, handled=good)


@contextmanager
def mailbox(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, refuses: str = "", auth: bool = False
) -> Iterator[Mailbox]:
    """Run a mail server in a thread with its own event loop: the library's TLS needs asyncio's, not uvloop's."""
    box = Mailbox(refuses=refuses)
    options: dict[str, Any] = {"tls_context": starttls, "require_starttls": starttls is not None}
    if auth:
        options |= {"authenticator": _signs_in, "auth_required": True, "auth_require_tls": starttls is not None}
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        server = await loop.create_server(
            lambda: SMTP(box, hostname="mail.test", loop=loop, **options), "127.0.0.1", 0, ssl=tls
        )
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        await done.wait()
        server.close()
        left = asyncio.all_tasks(loop) - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
