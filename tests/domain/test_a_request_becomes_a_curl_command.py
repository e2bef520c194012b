"""A recorded request as a curl command: a shell that runs it sends the same bytes, and no secret is in it."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.domain.curl import PLACEHOLDER, as_curl
from server.domain.messages import MASK, SentRequest

BODIES = [
    b'{"name":"O\'Hara $HOME `id` \\\\ \\n","price":1.50}',
    "zh 中文 — “quotes” 🎉\n\ttabs\n".encode(),
    b"@/etc/passwd",
    b"",
    bytes(range(256)),
    b"\x00",
    b"a\r\nb",
    b"-X DELETE",
    b"%s 100%" * 20_000,
]


def sent(body: bytes, url: str = "https://example.com/in", **headers: str) -> SentRequest:
    return SentRequest("POST", url, tuple(headers.items()), body)


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder with a ``curl`` that writes its arguments and its input to files."""
    fake = tmp_path / "curl"
    fake.write_text(
        f"#!{sys.executable}\nimport sys, pathlib, json\n"
        f"pathlib.Path({str(tmp_path / 'arguments')!r}).write_text(json.dumps(sys.argv[1:]))\n"
        "if '@-' in sys.argv:\n"
        f"    pathlib.Path({str(tmp_path / 'input')!r}).write_bytes(sys.stdin.buffer.read())\n"
    )
    fake.chmod(0o700)
    return tmp_path


def run(shell: Path, request: SentRequest) -> tuple[list[str], bytes]:
    import json

    command = as_curl(request)
    script = shell / "command.sh"
    script.write_text(command)
    subprocess.run([shutil.which("sh") or "sh", str(script)], check=True, env={"PATH": f"{shell}:/usr/bin:/bin"})
    arguments = json.loads((shell / "arguments").read_text())
    if "--data-raw" in arguments:
        return arguments, arguments[arguments.index("--data-raw") + 1].encode()
    return arguments, (shell / "input").read_bytes() if (shell / "input").exists() else b""


@pytest.mark.parametrize("body", BODIES)
def test_a_shell_passes_the_exact_bytes(shell: Path, body: bytes) -> None:
    assert run(shell, sent(body))[1] == body


def test_method_address_and_headers_are_passed_as_they_were(shell: Path) -> None:
    request = SentRequest(
        "PUT",
        "https://example.com/a'b/[1]/../x?q=$(id)",
        (("x-quote", 'it\'s; rm -rf "$HOME"'), ("x-empty", ""), ("content-length", "3"), ("host", "example.com")),
        b"abc",
    )

    arguments, _ = run(shell, request)

    assert arguments[arguments.index("--request") + 1] == "PUT"
    assert arguments[arguments.index("--url") + 1] == request.url
    assert "--globoff" in arguments
    assert "--path-as-is" in arguments
    headers = [arguments[at + 1] for at, each in enumerate(arguments) if each == "--header"]
    assert headers[:2] == ['x-quote: it\'s; rm -rf "$HOME"', "x-empty;"]
    assert not any(each.lower().startswith(("content-length", "host")) for each in headers)
    assert {"Accept:", "User-Agent:", "Content-Type:"} <= set(headers)


def test_masked_secrets_are_placeholders() -> None:
    body, url = f'{{"key":"{MASK}"}}'.encode(), f"https://example.com/{MASK}"

    command = as_curl(sent(body, url, authorization=f"Basic {MASK}"))

    assert MASK not in command
    assert command.count(PLACEHOLDER) == 3
    assert f"authorization: Basic {PLACEHOLDER}" in shlex.split(command.replace("\\\n", ""))
