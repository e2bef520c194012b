"""Every setting, with its help. Only this module reads the environment; ``app`` passes the values on."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.domain.addresses import AddressRules, fixed_addresses
from server.domain.notification_settings import PORTS, MailServer, Tls, is_address
from server.domain.pasted import invisible_in, trimmed
from server.sandbox import Limits

KIB, MIB = 1024, 1024 * 1024


def _at_commas(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_at_commas)]
"""Several values in one variable, separated by commas."""


WORKERS = (
    "Quick transformations that run at the same time, each in its own process. As many long ones, three times as many "
    "first runs and one slow one run in addition."
)


class Settings(BaseSettings):
    """Read from variables that start with ``HOOKBENCH_``, such as ``HOOKBENCH_PORT=9000``."""

    model_config = SettingsConfigDict(env_prefix="HOOKBENCH_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on. 0 picks a free port.")
    data: Path = Field(
        Path("data"),
        description="Folder for the database file and the key. The first start creates it, readable by you only.",
    )
    database: str = Field(
        "",
        description="Database URL, for example `postgresql+psycopg://user@host/name`. Empty: SQLite in the data "
        "folder.",
    )
    key: str = Field(
        "",
        repr=False,
        description="Key that encrypts the secrets in the database, as printed by `openssl rand -base64 32`. If there "
        "are several, separated by commas, the last one encrypts. Empty: the key is read from a file.",
    )
    key_file: Path | None = Field(
        None,
        validate_default=True,
        description="File with the key, for example a Docker secret. Empty: systemd's credential `hookbench.key`, "
        "otherwise `hookbench.key` in the data folder, which the first start creates.",
    )
    public_url: str = Field(
        "", description="Address at which people and Dodo reach Hookbench, for example `https://hooks.example.com`."
    )
    allowed_hosts: Listed = Field(
        (),
        description="More host names at which people open the pages, separated by commas. IP addresses, `localhost` "
        "and the host in the public URL are always allowed.",
    )
    trusted_proxies: Listed = Field(
        ("127.0.0.1", "::1"),
        description="Addresses of the reverse proxies in front, separated by commas. They must set `X-Forwarded-For` "
        "themselves. Only used with a public URL.",
    )
    max_body: int = Field(MIB, ge=KIB, le=64 * MIB, description="Largest event that is accepted, in bytes.")
    intake_timeout: float = Field(
        15.0, gt=0, description="Seconds within which an incoming event must arrive completely."
    )
    delivery_timeout: float = Field(
        15.0, gt=0, description="Seconds for an attempt: connecting, sending and receiving the whole response."
    )
    delivery_concurrency: int = Field(
        128, ge=1, le=1000, description="Attempts in progress at the same time. One endpoint gets at most a quarter."
    )
    allow_networks: Listed = Field(
        (),
        description="Private networks that deliveries may reach, separated by commas, for example "
        "`10.0.0.0/8,192.168.1.5/32`.",
    )
    resolve: Listed = Field(
        (),
        description="Fixed addresses for hosts, like `curl --resolve`: `host:port:address` or "
        "`host:port:address:port`, separated by commas.",
    )
    ca_file: Path | None = Field(
        None, description="PEM file with additional certificate authorities to trust, like `curl --cacert`."
    )
    retention_days: int = Field(
        90, ge=0, le=36_500, description="Days for which events and attempts are kept. 0 keeps them forever."
    )
    smtp_host: str = Field("", description="Mail server for operational events. Empty: no e-mails are sent.")
    smtp_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port of the mail server. Empty: 587 for `starttls`, 465 for `tls`, 25 for `none`.",
    )
    smtp_tls: Tls = Field(
        Tls.STARTTLS,
        description="Encryption: `starttls`, `tls` (from the start), or `none` for a relay on this machine.",
    )
    smtp_user: str = Field("", description="User name at the mail server. Empty: no sign-in.")
    smtp_password: str = Field("", repr=False, description="Password at the mail server.")
    smtp_from: str = Field(
        "",
        validate_default=True,
        description="Sender of the e-mails. Empty: the user name, if it is an e-mail address.",
    )
    run_time: float = Field(1.0, gt=0, le=30, description="Seconds of processor time that a transformation may use.")
    run_memory: int = Field(64 * MIB, ge=8 * MIB, description="Memory a transformation may use, in bytes.")
    run_result: int = Field(MIB, ge=KIB, description="Largest result of a transformation, in bytes.")
    run_console: int = Field(64 * KIB, ge=KIB, description="Console output of a run that is kept, in bytes.")
    workers: int = Field(2, ge=1, le=64, description=WORKERS)
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="Format of the log: `text` for people, `json` for log collectors."
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_pasted(cls, value: object, info: ValidationInfo) -> object:
        """The value without invisible characters that were copied with it. A password keeps its spaces."""
        if not isinstance(value, str):
            return value
        text = value.strip("\r\n") if info.field_name == "smtp_password" else trimmed(value)
        if info.field_name not in ("data", "ca_file", "key_file") and (code := invisible_in(text)):
            raise ValueError(f"It contains an invisible character ({code}). Copy it again")
        return text

    @field_validator("key_file")
    @classmethod
    def _may_be_a_credential(cls, value: Path | None) -> Path | None:
        """The configured file, else the one that systemd's ``LoadCredential=hookbench.key:…`` provides.

        systemd names its folder in CREDENTIALS_DIRECTORY.
        """
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        credential = Path(folder) / "hookbench.key"
        return credential if value is None and folder and credential.exists() else value

    @field_validator("allow_networks")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        AddressRules.allowing(value)
        return value

    @field_validator("resolve")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        fixed_addresses(value)
        return value

    @field_validator("smtp_from")
    @classmethod
    def _mail_has_a_sender(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("smtp_host") and not is_address(value or info.data.get("smtp_user", "")):
            raise ValueError("It must be an e-mail address, such as hookbench@example.com")
        return value

    @property
    def mail_server(self) -> MailServer | None:
        if not self.smtp_host:
            return None
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port or PORTS[self.smtp_tls],
            tls=self.smtp_tls,
            sender=self.smtp_from or self.smtp_user,
            user=self.smtp_user,
            password=self.smtp_password,
        )

    @property
    def database_url(self) -> str:
        """The URL of the database: the configured one, otherwise a SQLite file in the data folder."""
        return self.database or f"sqlite:///{self.data.absolute() / 'hookbench.db'}"

    @property
    def limits(self) -> Limits:
        """The limits of a transformation's run."""
        return Limits(
            run_time=self.run_time,
            memory=self.run_memory,
            result=self.run_result,
            console=self.run_console,
            workers=self.workers,
        )


def documented() -> list[tuple[str, str, str]]:
    """Each setting for the docs: (variable, default, help). No default is ``""``."""
    return [
        (f"HOOKBENCH_{name.upper()}", _shown(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _shown(default: object) -> str:
    match default:
        case None:
            return ""
        case tuple():
            return ",".join(default)
        case int() if default >= MIB and default % MIB == 0:
            return f"{default} ({default // MIB} MiB)"
        case int() if default >= KIB and default % KIB == 0:
            return f"{default} ({default // KIB} KiB)"
        case _:
            return str(default)
