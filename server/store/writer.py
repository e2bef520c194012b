"""The only writer: a thread that groups waiting writes into transactions, on one connection that it keeps open.

Only one, because several writing SQLite connections get «database is locked» under load, and because one transaction
for many writes costs far less under ``synchronous=FULL`` than a commit each. PostgreSQL uses the same code.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from server.store import changes
from server.store.changes import Changes
from server.store.rows import MAX_ROWS_PER_STATEMENT

Work = Callable[[Connection, Sequence[Any]], Sequence[Any]]

MAX_WRITES_PER_TRANSACTION = 512

MAX_BATCH = MAX_ROWS_PER_STATEMENT
"""A batch with so many writes is sent at once, without lingering: it fills one statement."""

_OF_THE_FILE = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
    }
)
"""SQLite's errors about the file, as opposed to one statement."""


class Busy(Exception):
    """The database cannot be written or read at the moment. Nothing was stored; the caller may try again later."""


class _ConnectionLost(Exception):
    """The connection had broken before this transaction used it. Nothing was stored."""


@dataclass(slots=True)
class _Job:
    """One waiting write. ``work`` gets the items of all jobs in a transaction that share it."""

    work: Work
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Batch:
    """Writes from one event loop that share their work and are sent to the writer together."""

    jobs: list[_Job]
    handle: asyncio.Handle
    lingers: bool
    """It waits longer than to the end of the current turn of the loop."""


class Writer:
    """The thread starts at once and calls ``changed`` with what each commit changed in the configuration."""

    def __init__(self, engine: Engine, changed: Callable[[Changes], None]) -> None:
        self._engine = engine
        self._changed = changed
        self._connection: Connection | None = None
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._gathering: dict[tuple[asyncio.AbstractEventLoop, Work], _Batch] = {}
        self._thread = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, work: Work, item: Any, linger: float) -> asyncio.Future[Any]:
        """A future for the result of ``work`` on ``item``, set once the write is durable. See ``Store.batch``.

        Writes are gathered in their event loop, because waking the thread for each one costs more than it saves:
        without ``linger`` to the end of the current turn of the loop, with it for so many seconds. A write without
        ``linger`` sends lingering ones with the same work along, because they came first.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, item, loop, loop.create_future())
        if batch := self._gathering.get((loop, work)):
            batch.jobs.append(job)
            if (batch.lingers and not linger) or len(batch.jobs) >= MAX_BATCH:
                batch.handle.cancel()
                self._send(loop, work)
        else:
            send = partial(self._send, loop, work)
            handle = loop.call_later(linger, send) if linger else loop.call_soon(send)
            self._gathering[loop, work] = _Batch([job], handle, linger > 0)
        return job.future

    def close(self) -> None:
        """Finish all waiting writes, lingering ones too, and end the thread."""
        for loop, work in list(self._gathering):
            self._send(loop, work)
        self._queue.put(None)
        self._thread.join()

    def _send(self, loop: asyncio.AbstractEventLoop, work: Work) -> None:
        if batch := self._gathering.pop((loop, work), None):
            self._queue.put(batch.jobs)

    def _write_forever(self) -> None:
        closing = False
        while not closing:
            jobs: list[_Job] = []
            sent = self._queue.get()
            while sent is not None:
                jobs += sent
                if len(jobs) >= MAX_WRITES_PER_TRANSACTION or self._queue.empty():
                    break
                sent = self._queue.get()
            closing = sent is None
            if jobs:
                self._commit(jobs)
        self._let_go()

    def _waiting(self) -> list[_Job]:
        """All jobs that wait now. The end signal stays in the queue."""
        found: list[_Job] = []
        for _ in range(self._queue.qsize()):
            sent = self._queue.get()
            if sent is None:
                self._queue.put(None)
                break
            found += sent
        return found

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            results = self._transaction(jobs)
        except Exception as error:  # the work may raise anything; its caller gets it
            trouble = for_caller(error)
            if isinstance(trouble, Busy):
                jobs = jobs + self._waiting()  # otherwise each would wait for the busy database again
            elif len(jobs) > 1:
                # Halve the group: a single failing write among hundreds then costs only a few more transactions.
                self._commit(jobs[: len(jobs) // 2])
                self._commit(jobs[len(jobs) // 2 :])
                return
            results = [trouble] * len(jobs)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for job, result in zip(jobs, results, strict=True):
            by_loop.setdefault(job.loop, []).append((job.future, result))
        for loop, settled in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, settled)

    def _transaction(self, jobs: list[_Job]) -> list[Any]:
        try:
            return self._try(jobs)
        except _ConnectionLost:
            return self._try(jobs)

    def _try(self, jobs: list[_Job]) -> list[Any]:
        """The results of all jobs, after the commit. The connection stays open unless something fails.

        A restarted database server drops connections, which only the next statement notices. Then this raises
        ``_ConnectionLost``; but not when the commit itself fails, because the server may have carried it out.
        """
        kept = self._connection is not None
        connection = self._connection = self._connection or self._engine.connect()
        try:
            transaction = connection.begin()
            try:
                results = _run(connection, jobs)
            except DBAPIError as error:
                if kept and error.connection_invalidated:
                    raise _ConnectionLost from error
                raise
            transaction.commit()
        except BaseException:
            self._let_go()
            raise
        if changed := changes.taken(connection):
            self._changed(changed)
        return results

    def _let_go(self) -> None:
        """Return the connection to the pool, which rolls back an open transaction and checks the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _run(connection: Connection, jobs: list[_Job]) -> list[Any]:
    groups: dict[Work, list[int]] = {}
    for index, job in enumerate(jobs):
        groups.setdefault(job.work, []).append(index)
    results: list[Any] = [None] * len(jobs)
    for work, indexes in groups.items():
        answers = work(connection, [jobs[index].item for index in indexes])
        for index, answer in zip(indexes, answers, strict=True):
            results[index] = answer
    return results


def _settle(settled: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in settled:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)


def for_caller(error: Exception) -> Exception:
    """``Busy`` for a locked, full, unreadable or lost database; any other error unchanged."""
    if not isinstance(error, DBAPIError):
        return error
    code = getattr(error.orig, "sqlite_errorcode", None)
    if not (isinstance(error, OperationalError) if code is None else code & 0xFF in _OF_THE_FILE):
        return error
    busy = Busy(f"The database cannot be used just now: {error.orig}")
    busy.__cause__ = error
    return busy
