"""The only way out to a mail server. Failures become sentences; the password appears in none of them and in no log."""

import asyncio
import platform
import re
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib

from server.domain.notification_settings import Mail, MailServer, Tls
from server.domain.reasons import Reason, because

TIMEOUT_SECONDS = 30.0
MAX_ANSWER_CHARACTERS = 200
"""Characters that are shown of a mail server's response."""


class Undelivered(Exception):
    """The mail reached nobody. ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Mailer:
    """Sends each mail over a new connection: mails are few, and the server would mostly have closed a kept one."""

    def __init__(self, server: MailServer, *, trust: ssl.SSLContext, timeout: float = TIMEOUT_SECONDS) -> None:
        self.server = server
        self._trust = trust
        self._timeout = timeout

    async def send(self, mail: Mail) -> Reason | None:
        """Send the mail. Returns a reason if the server refused some addresses, or ``None``. Raises ``Undelivered``."""
        host = self.server.host
        try:
            async with asyncio.timeout(self._timeout):
                refused = await self._hand_over(mail)
        except TimeoutError:
            sentence = because("mail_timeout", host=host, seconds=f"{self._timeout:g}")
            raise Undelivered(sentence) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise Undelivered(_explained(error, self.server)) from error
        if refused:
            return because("mail_addresses_rejected", host=host, addresses=", ".join(sorted(refused)))
        return None

    async def _hand_over(self, mail: Mail) -> list[str]:
        """Send the mail and return the addresses that the server refused while it took others."""
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls is Tls.TLS,
            start_tls=server.tls is Tls.STARTTLS,
            tls_context=None if server.tls is Tls.NONE else self._trust,
            username=server.user or None,
            password=server.password if server.user else None,
            local_hostname=re.sub(r"[^A-Za-z0-9.-]", "-", platform.node()).strip("-.") or "localhost",
            timeout=None,  # ``send`` sets one deadline for all of it
        )
        try:
            await client.connect()
            refused, _ = await client.send_message(_message(mail, server.sender), recipients=mail.to)
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
            return list(refused)
        finally:
            client.close()


def _message(mail: Mail, sender: str) -> EmailMessage:
    """Build the mail. The library's own header policy refuses line breaks; no text that gets here has one.

    But the library decodes ``=?utf-8?q?…?=`` in a text as an encoded word, and a line break inside it would start a
    header.
    """
    message = EmailMessage()
    message["From"] = f"Hookbench <{sender}>"
    message["To"] = ", ".join(mail.to)
    message["Subject"] = mail.subject.replace("=?", "= ?")
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # so that no out-of-office reply is sent
    message.set_content(mail.body.encode("utf-8", "replace").decode())
    return message


def _explained(error: Exception, server: MailServer) -> Reason:
    """Explain a failure to people."""
    host, port = server.host, server.port
    for cause in (error, error.__cause__):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return because("mail_certificate", host=host, why=cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return because("mail_tls",
                host=host)  # fmt: skip
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return because("mail_sign_in", host=host, answer=_said(error))
        case aiosmtplib.SMTPSenderRefused():
            return because("mail_sender", host=host, sender=server.sender,
                answer=_said(error))  # fmt: skip
        case aiosmtplib.SMTPRecipientsRefused():
            return because("mail_all_rejected", host=host, answer=_said(error.recipients[0]))
        case aiosmtplib.SMTPResponseException():
            return because("mail_rejected", host=host, answer=_said(error))
        case aiosmtplib.SMTPServerDisconnected():
            return because("mail_closed", host=host)
        case OSError():
            return because("mail_connection", host=host, port=port)
        case aiosmtplib.SMTPException() if "auth" in error.message.lower():
            return because("mail_no_sign_in", host=host)
        case aiosmtplib.SMTPException() if "STARTTLS" in error.message:
            return because("mail_no_starttls", host=host)
        case _:
            return because("mail_not_understood", host=host)


def _said(error: aiosmtplib.SMTPResponseException) -> str:
    """Return the server's own words on one line."""
    words = "".join(c if c.isprintable() else " " for c in error.message)
    return f"{error.code} {words}"[:MAX_ANSWER_CHARACTERS]
