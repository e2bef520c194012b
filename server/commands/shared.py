"""What the commands share: settings, keys, the database, and the way to end with one sentence."""

import os
import pwd
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from server.domain import pasted
from server.domain.pasted import trimmed
from server.domain.visible import visible
from server.settings import Settings

if TYPE_CHECKING:
    from server.store import KeyRing

ADDRESS = "hookbench.address"
"""The file in the data folder that contains the URL of the running server."""

DATA = click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder with the database.")


class Stop(click.ClickException):
    """Ends the command with one sentence on standard error and exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(visible(self.message), err=True)


def settings_of(chosen: dict[str, Any]) -> Settings:
    try:
        return Settings(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        wrong = [f"HOOKBENCH_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
        raise Stop("These settings cannot be used:\n  " + "\n  ".join(wrong)) from error


@contextmanager
def keys_of(data: Path | None) -> Iterator[tuple[Settings, "KeyRing", Any]]:
    """(settings, keys, database engine), for use while a server may be running."""
    from server.store import KeyRing, Unusable
    from server.store.database import connected

    settings = settings_of({"data": data})
    if not settings.database and not (settings.data / "hookbench.db").exists():
        raise Stop(f"There is no Hookbench in the folder {settings.data}. Name its folder with --data.")
    try:
        ring = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
        with connected(settings.database_url, ring) as engine:
            yield settings, ring, engine
    except Unusable as error:
        raise Stop(str(error)) from error


def variables_of(pairs: tuple[str, ...]) -> dict[str, str]:
    """The variables in values of ``--env``."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Stop(f"--env takes KEY=VALUE, and {pair!r} has no equals sign.")
        name, value = trimmed(name), trimmed(value)
        if problem := pasted.value_problem(name, value):
            raise Stop(f"--env: {problem}")
        found[name] = value
    return found


def running_at(settings: Settings) -> str:
    """The URL that the Hookbench with this data folder noted; otherwise the one in the settings."""
    try:
        return (settings.data / ADDRESS).read_text()
    except OSError:
        return settings.public_url.rstrip("/") or f"http://{reachable(settings.host)}:{settings.port}"


def reachable(host: str) -> str:
    """The host as a browser on this machine can open it."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class Refused(Stop):
    """As ``Stop``, for what is wrong with the data rather than with the way of calling: exit code 1."""

    exit_code = 1


def show(text: str, colour: str = "") -> None:
    """Print text that may hold what others wrote."""
    click.echo(click.style(visible(text), fg=colour) if colour else visible(text))


def author() -> str:
    """Who runs the command, as histories show it: ``cli:ada``."""
    number = os.getuid()
    try:
        return f"cli:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # in a container, a user may have no name
        return f"cli:{number}"


def at(moment: int) -> str:
    """A time in milliseconds, as ``2026-11-27 08:30:00``, in UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def now() -> int:
    return time.time_ns() // 1_000_000


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table with aligned columns; columns that are empty are left out."""
    every = [list(head), *(list(row) for row in rows)]
    shown = [column for column in range(len(head)) if any(row[column] for row in every)]
    widths = {column: max(len(row[column]) for row in every) for column in shown}
    for row in every:
        yield "  " + "  ".join(row[column].ljust(widths[column]) for column in shown).rstrip()
