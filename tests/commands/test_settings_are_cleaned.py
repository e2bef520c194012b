"""A variable of the environment that was pasted with invisible characters is cleaned at its ends, or refused."""

import pytest
from pydantic import ValidationError

from server.settings import Settings


def test_the_ends_are_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKBENCH_PUBLIC_URL", "\u200b https://hooks.example.com\ufeff\n")
    monkeypatch.setenv("HOOKBENCH_PORT", " 9000\u00a0")
    monkeypatch.setenv("HOOKBENCH_SMTP_PASSWORD", " with spaces \n")
    settings = Settings()
    assert (settings.public_url, settings.port) == ("https://hooks.example.com", 9000)
    assert settings.smtp_password == " with spaces "


def test_within_a_value_they_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKBENCH_PUBLIC_URL", "https://hooks\u200b.example.com")
    with pytest.raises(ValidationError, match=r"invisible character \(U\+200B\)"):
        Settings()
