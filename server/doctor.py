"""Checks this machine and the server: sandbox, database, data folder, keys, health."""

import asyncio
import os
import platform
import sqlite3
from dataclasses import dataclass

import httpx

from server import descriptors
from server.sandbox import Sandbox
from server.settings import Settings
from server.store import KeyRing, Unusable, look, rekeying, sealing
from server.store.database import connected
from server.store.retention import file_usage

SERVER_SECONDS = 5.0
MAX_NAMED = 10
"""Damaged secrets that one line names."""


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    fine: bool
    detail: str
    needed: bool = False
    """Hookbench cannot run without it."""


async def examine(settings: Settings, running_at: str) -> list[Finding]:
    """The findings, one for each check: starts the sandbox, opens the database, inspects the data folder.

    ``running_at``: the URL at which a server with these settings responds.
    """
    machine = (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.release()}"
    )
    return [
        Finding("machine", True, f"{machine}, {os.cpu_count()} cores"),
        *await _sandbox(settings),
        _folder(settings),
        _descriptors(settings),
        await _database(settings),
        *_keys(settings),
        await _server(running_at),
        *await asyncio.to_thread(_secrets, settings),
    ]


async def _sandbox(settings: Settings) -> list[Finding]:
    sandbox = Sandbox(settings.limits)
    try:
        await sandbox.start()
    except OSError as error:
        return [Finding("sandbox", False, f"it cannot be started: {error}", needed=True)]
    fences = [Finding(f"sandbox fence {fence.name}", fence.stands, str(fence.detail)) for fence in sandbox.fences()]
    await sandbox.close()
    return [Finding("sandbox", True, f"runs up to {settings.workers} transformations at once"), *fences]


def _folder(settings: Settings) -> Finding:
    folder = settings.data.absolute()
    if not folder.exists():
        return Finding("data folder", True, f"{folder} will be made at the first start")
    if not os.access(folder, os.W_OK):
        return Finding("data folder", False, f"{folder} is not writable", needed=True)
    mode = folder.stat().st_mode & 0o077
    return Finding("data folder", not mode, f"{folder}" + (" can be read by others: chmod 700" if mode else ""))


def _descriptors(settings: Settings) -> Finding:
    found = descriptors.raised(settings.delivery_concurrency, settings.workers)
    detail = (
        f"{found.limit} at most: {found.connections} for connections from outside, {found.deliveries} for deliveries, "
        f"{found.own} for the database and the sandbox"
    )
    if not found.enough:
        detail += "; that is few for all of them at once. Raise it with: ulimit -n 4096"
    return Finding("file descriptors", found.enough, detail)


async def _database(settings: Settings) -> Finding:
    try:
        found = await asyncio.to_thread(look, settings.database_url)
        used = await asyncio.to_thread(file_usage, settings.database_url)
    except Unusable as error:
        return Finding("database", False, str(error), needed=True)
    if used:
        found += f"; {used.size / 2**20:.1f} MiB, of which {used.free / 2**20:.1f} MiB are free for what comes next"
    return Finding("database", True, found)


async def _server(running_at: str) -> Finding:
    """What the running server reports on ``/healthz``."""
    try:
        async with httpx.AsyncClient(timeout=SERVER_SECONDS, trust_env=False) as client:
            health = (await client.get(f"{running_at}/healthz")).json()
        wrong = [f"{part} {state}" for part, state in health["parts"].items() if state != "ok"]
        status = str(health["status"])
    except httpx.TransportError:
        return Finding("server", True, f"none runs at {running_at}")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError, AttributeError):
        return Finding("server", False, f"what answers at {running_at} is no Hookbench of this version")
    return Finding("server", not wrong, f"at {running_at}: {status}" + (f" ({', '.join(wrong)})" if wrong else ""))


def _secrets(settings: Settings) -> list[Finding]:
    """Whether every secret in the database can be decrypted; empty when there is no usable database."""
    if not settings.database and not (settings.data / "hookbench.db").exists():
        return []
    try:
        ring = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
        with connected(settings.database_url, ring) as engine:
            damaged = rekeying.unreadable(engine)
    except Unusable:
        return []  # an earlier finding says why
    if not damaged:
        return [Finding("secrets", True, "every one in the database can be read")]
    named = ", ".join(damaged[:MAX_NAMED]) + (f" and {len(damaged) - MAX_NAMED} more" if damaged[MAX_NAMED:] else "")
    advice = "Enter them again on their pages; until then events are refused with 503 and deliveries are parked"
    return [Finding("secrets", False, f"these cannot be read: {named}. {advice}")]


def _keys(settings: Settings) -> list[Finding]:
    """Where the encryption key is, and whether the unencrypted backup from before encryption still exists."""
    try:
        ring = KeyRing.find(key=settings.key, key_file=settings.key_file, folder=settings.data)
    except Unusable as error:
        return [Finding("keys of secrets", False, str(error), needed=True)]
    if ring.missing:
        found = [Finding("keys of secrets", True, f"{ring.where} will be made at the first start")]
    else:
        old = f", and {len(ring.ids) - 1} old ones" if len(ring.ids) > 1 else ""
        found = [Finding("keys of secrets", True, f"in {ring.where}: {ring.ids[-1]} encrypts{old}; keep a copy of it")]
    return found + [
        Finding(
            "backup", True, f"{file} is from before secrets were encrypted (it is itself). Delete it when all is well"
        )
        for file in sorted(settings.data.glob(f"*.{sealing.BACKUP}"))
    ]
