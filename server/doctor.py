"""What this machine offers: looked at, not guessed."""

import asyncio
import os
import platform
import sqlite3
from dataclasses import dataclass

from server import descriptors
from server.sandbox import Sandbox
from server.settings import Settings
from server.store import KeyRing, Unusable, look, sealing
from server.store.retention import file_usage


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    fine: bool
    detail: str
    needed: bool = False
    """Hookbench cannot run without it."""


async def examine(settings: Settings) -> list[Finding]:
    """Start the sandbox, open the database, look at the folder; one finding each."""
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
    ]


async def _sandbox(settings: Settings) -> list[Finding]:
    sandbox = Sandbox(settings.limits)
    try:
        await sandbox.start()
    except OSError as error:
        return [Finding("sandbox", False, f"it cannot be started: {error}", needed=True)]
    fences = [Finding(f"sandbox fence {fence.name}", fence.stands, fence.detail) for fence in sandbox.fences()]
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


def _keys(settings: Settings) -> list[Finding]:
    """Where the key of the secrets is, and whether the copy from before there was one is still there."""
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
