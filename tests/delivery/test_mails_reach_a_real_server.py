"""Mail over a real server: encrypted, signed in to, refused, slow. What goes wrong is a sentence without a password."""

import ssl
from pathlib import Path

import pytest
from mail_server import mailbox
from receivers import hanging, receiving

from server.delivery.mailer import Mailer, Undelivered
from server.domain.notification_settings import Mail, MailServer, Tls, is_address

HELLO = Mail(("ops@example.com",), "[Hookbench Test] Retries exhausted: Käse 客户", "An event was given up.\n客户\n")


def a_mailer(port: int, tls: Tls = Tls.NONE, ca_file: Path | None = None, timeout: float = 10.0, **more) -> Mailer:
    trust = ssl.create_default_context(cafile=ca_file)
    values = {"host": "localhost", "port": port, "tls": tls, "sender": "hookbench@example.com"} | more
    return Mailer(MailServer(**values), trust=trust, timeout=timeout)


async def refusal(mailer: Mailer, mail: Mail = HELLO) -> str:
    with pytest.raises(Undelivered) as caught:
        await mailer.send(mail)
    return str(caught.value)


async def test_a_mail_arrives_as_it_was_written() -> None:
    with mailbox() as box:
        assert await a_mailer(box.port).send(HELLO) is None
    (message,) = box.got
    assert message["subject"] == HELLO.subject
    assert message["from"] == "Hookbench <hookbench@example.com>"
    assert message["to"] == "ops@example.com"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == HELLO.body
    assert message["message-id"].endswith("@example.com>")


async def test_starttls_encrypts_before_the_password_is_said(tls_for, ca_file: Path) -> None:
    with mailbox(starttls=tls_for("localhost"), auth=True) as box:
        mailer = a_mailer(box.port, Tls.STARTTLS, ca_file, user="ada", password="p@ss:word/1")
        assert await mailer.send(HELLO) is None
    assert box.encrypted == [True]


async def test_tls_from_the_start(tls_for, ca_file: Path) -> None:
    with mailbox(tls=tls_for("localhost")) as box:
        assert await a_mailer(box.port, Tls.TLS, ca_file).send(HELLO) is None
    assert len(box.got) == 1


async def test_without_starttls_nothing_is_sent_in_the_clear(ca_file: Path) -> None:
    with mailbox() as box:
        assert "does not offer encryption (STARTTLS)" in await refusal(a_mailer(box.port, Tls.STARTTLS, ca_file))
    assert box.got == []


@pytest.mark.parametrize(("kind", "option"), [(Tls.STARTTLS, "starttls"), (Tls.TLS, "tls")])
async def test_an_unknown_or_wrong_certificate_is_named(tls_for, ca_file: Path, kind: Tls, option: str) -> None:
    with mailbox(**{option: tls_for("localhost")}) as box:
        assert "The certificate of localhost was not accepted" in await refusal(a_mailer(box.port, kind))
    with mailbox(**{option: tls_for("elsewhere.example")}) as box:
        assert "The certificate of localhost was not accepted" in await refusal(a_mailer(box.port, kind, ca_file))
    assert box.got == []


async def test_the_wrong_kind_of_encryption_is_said() -> None:
    with mailbox() as box:
        assert "Could not establish an encrypted connection to localhost" in await refusal(a_mailer(box.port, Tls.TLS))


async def test_a_wrong_password_is_said_and_never_shown(tls_for, ca_file: Path) -> None:
    with mailbox(starttls=tls_for("localhost"), auth=True) as box:
        mailer = a_mailer(box.port, Tls.STARTTLS, ca_file, user="ada", password="hunter2-secret")
        sentence = await refusal(mailer)
    assert "localhost rejected the user name and password: 535" in sentence
    assert "hunter2" not in sentence + repr(mailer.server)


async def test_a_server_without_sign_in_is_said() -> None:
    with mailbox() as box:
        assert "does not offer sign-in" in await refusal(a_mailer(box.port, user="ada", password="x"))


async def test_refused_addresses_are_named_and_the_others_get_it() -> None:
    two = Mail(("ops@example.com", "gone@example.com"), "Hello", "Hello\n")
    with mailbox(refuses="gone@example.com") as box:
        said = await a_mailer(box.port).send(two)
        assert str(said) == "localhost rejected these addresses: gone@example.com."
    assert box.recipients == [["ops@example.com"]]
    with mailbox(refuses="*") as box:
        assert "localhost rejected every address: 550" in await refusal(a_mailer(box.port))


async def test_nobody_listens() -> None:
    with mailbox() as box:
        pass
    assert await refusal(a_mailer(box.port)) == f"Could not connect to localhost, port {box.port}."


async def test_a_server_that_says_nothing_is_left_after_the_deadline() -> None:
    async with receiving(hanging) as silent:
        sentence = await refusal(a_mailer(silent.port, timeout=0.3))
        assert sentence == "localhost did not accept the e-mail within 0.3 s."


async def test_a_server_that_is_none_is_said() -> None:
    async with receiving(b"") as other:
        assert await refusal(a_mailer(other.port, timeout=0.3))


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: eve@example.com", "Hello\nX: y", "Hello\rX: y"])
async def test_a_line_break_in_a_header_is_never_sent(subject: str) -> None:
    with mailbox() as box:
        assert await refusal(a_mailer(box.port), Mail(("ops@example.com",), subject, "Hello"))
    assert box.got == []


@pytest.mark.parametrize(
    "name", ["=?utf-8?q?a=0d=0aBcc:_eve@example.com?=", "=?utf-8?b?YQ0KQmNjOiBldmVAZXhhbXBsZS5jb20=?="]
)
async def test_a_name_that_looks_like_an_encoded_word_begins_no_header(name: str) -> None:
    mail = Mail(("ops@example.com",), f"[Hookbench Test] Endpoint disabled: {name}", "Body.")
    with mailbox() as box:
        assert await a_mailer(box.port).send(mail) is None
    (message,) = box.got
    assert message["bcc"] is None
    assert "Endpoint disabled: = ?utf-8?" in message["subject"]


def test_an_encoded_word_is_no_address() -> None:
    assert not is_address("=?utf-8?q?a=0aBcc?=@example.com")
