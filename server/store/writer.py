"""The one writer: a thread that groups the writes that wait into transactions, over a connection that it keeps.

Why one: several SQLite connections that write get «database is locked» under load, and one transaction for many
waiting writes makes ``synchronous=FULL`` cheaper than a commit each. PostgreSQL goes the same way: one code.
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
"""So many lingers writes wait for no more batch: they fill a statement."""

_OF_THE_FILE = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
    }
)
"""What SQLite says about the file rather than about one statement."""


class Busy(Exception):
    """The database cannot be written or read just now; the caller may try again later. Nothing was stored."""


class _ConnectionLost(Exception):
    """The kept connection had ended before it was used; nothing was stored."""


@dataclass(slots=True)
class _Job:
    """One waiting write: ``work`` gets all the items of one transaction that share it."""

    work: Work
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(slots=True)
class _Batch:
    """Writes of one loop that share their work and go together."""

    jobs: list[_Job]
    handle: asyncio.Handle
    lingers: bool
    """It waits for more than the end of this turn of the loop."""


class Writer:
    """Runs from the start; ``changed`` is called in its thread with what a commit changed of the configuration."""

    def __init__(self, engine: Engine, changed: Callable[[Changes], None]) -> None:
        self._engine = engine
        self._changed = changed
        self._connection: Connection | None = None
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._gathering: dict[tuple[asyncio.AbstractEventLoop, Work], _Batch] = {}
        self._thread = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, work: Work, item: Any, linger: float) -> asyncio.Future[Any]:
        """Have ``item`` written; the result comes once that is durable. See ``Store.batch``.

        Writes gather here, in their loop, since waking the thread for each of them would cost more than it saves: what
        does not wait, to the end of this turn of the loop; what is lingers, longer. One that does not wait takes those
        along that wait with the same work, since it came after them.
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
        """Finish what waits, however lingers, and end."""
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
        """All that waits by now, the sign to end left out and left in the queue."""
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
        except Exception as error:  # whatever the work raises belongs to its caller
            trouble = for_caller(error)
            if isinstance(trouble, Busy):
                jobs = jobs + self._waiting()  # or each of them would wait for the same database all over again
            elif len(jobs) > 1:
                # In halves: one that fails among hundreds costs a few transactions, and the others nothing else.
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
        """The results of all jobs, committed. The connection is kept unless something failed.

        A server that was started anew ends connections without a word, and the next statement finds out. Then
        ``_ConnectionLost`` is raised; not when the commit fails, since nobody knows whether that was heard.
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
        """Give the connection back, which rolls back what was begun and finds out whether it is still alive."""
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
    """A locked, full, unreadable or lost database is ``Busy``; anything else is what it is."""
    if not isinstance(error, DBAPIError):
        return error
    code = getattr(error.orig, "sqlite_errorcode", None)
    if not (isinstance(error, OperationalError) if code is None else code & 0xFF in _OF_THE_FILE):
        return error
    busy = Busy(f"The database cannot be used just now: {error.orig}")
    busy.__cause__ = error
    return busy
