"""The only writer: a thread that groups waiting writes into transactions, on one connection that it keeps open.

Only one, because several writing SQLite connections get «database is locked» under load, and because one transaction
for many writes costs far less under ``synchronous=FULL`` than a commit each. PostgreSQL uses the same code.

In a SQLite file the event loop runs the statements of short writes itself, and the thread only makes them durable; what
comes meanwhile waits for the next transaction. ``sqlite3`` lets go of the interpreter for each statement. In another
thread each one then waits for the loop, and wakes it up. A server over a network is another matter: there the loop
would wait for each response.
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection, Engine, Transaction
from sqlalchemy.exc import DBAPIError, OperationalError

from server.store import changes
from server.store.changes import Changes
from server.store.rows import MAX_ROWS_PER_STATEMENT

Work = Callable[[Connection, Sequence[Any]], Sequence[Any]]

MAX_WRITES_PER_TRANSACTION = 512

MAX_WRITES_IN_LOOP = 64
"""More writes than that would keep the event loop from other work for too long."""

MAX_BATCH = MAX_ROWS_PER_STATEMENT
"""A batch with so many writes is sent at once, without lingering: it fills one statement."""

MAX_DEADLOCKS = 3
"""How often a single write is tried again when it and another process wait for each other's rows. PostgreSQL ends one
of the two after a second, and the other goes on. A group is halved instead: its writes lock rows in any order."""
PAUSE_SECONDS = 0.05
"""Before such a try, so that the other one gets the rows that it waited for."""

_DEADLOCK = "40P01"
"""PostgreSQL's code for it."""

_OF_THE_FILE = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL),
        *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
        *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
    }
)
"""SQLite's errors about the file, as opposed to one statement."""


PATIENCE = "writer.busy_timeout"
"""The key in a connection's ``info`` for how long it waits, in ms, when another process has locked the file."""


class Busy(Exception):
    """The database cannot be written or read at the moment. Nothing was stored; the caller may try again later."""


class _TakesLong(Exception):
    """An event loop must not run this transaction."""


class _ConnectionLost(Exception):
    """The connection had broken before this transaction used it. Nothing was stored."""


@dataclass(slots=True)
class _Job:
    """One waiting write. ``work`` gets the items of all jobs in a transaction that share it."""

    work: Work
    item: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    short: bool


@dataclass(slots=True)
class _Opened:
    """Writes whose statements ran in an event loop. What is left is to commit them."""

    jobs: list[_Job]
    results: list[Any]
    transaction: Transaction


@dataclass(slots=True)
class _Batch:
    """Writes from one event loop that share their work and are sent to the writer together."""

    jobs: list[_Job]
    handle: asyncio.Handle
    lingers: bool
    """It waits longer than to the end of the current turn of the loop."""


class Writer:
    """The thread starts at once and calls ``changed`` with what each commit changed in the configuration.

    ``patience_ms``: how long the thread waits when another process has locked a SQLite file. The loop never waits.
    """

    def __init__(self, engine: Engine, changed: Callable[[Changes], None], patience_ms: int) -> None:
        self._engine = engine
        self._patience_ms = patience_ms
        self._changed = changed
        self._connection: Connection | None = None
        self._in_file = engine.dialect.name == "sqlite"
        self._gathering: dict[tuple[asyncio.AbstractEventLoop, Work], _Batch] = {}
        self._gate = threading.Lock()
        """Held for the next three, and while an event loop uses the connection."""
        self._waiting: deque[list[_Job]] = deque()
        self._busy = False
        """The thread has work, so the connection is its own. When it is done, it sees to it that what waits goes on."""
        self._closing = False
        self._queue: SimpleQueue[list[_Job] | _Opened | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, work: Work, item: Any, linger: float, *, short: bool = False) -> asyncio.Future[Any]:
        """A future for the result of ``work`` on ``item``, set once the write is durable. See ``Store.batch``.

        ``short``: a few items take this work no more than milliseconds, so that the event loop may run it.

        Writes are gathered in their event loop, because waking the thread for each one costs more than it saves:
        without ``linger`` to the end of the current turn of the loop, with it for so many seconds. A write without
        ``linger`` sends lingering ones with the same work along, because they came first.
        """
        loop = asyncio.get_running_loop()
        job = _Job(work, item, loop, loop.create_future(), short)
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
        with self._gate:
            self._closing = True
            if not self._busy and (jobs := self._next()):
                self._hand_over(jobs)
        self._queue.put(None)
        self._thread.join()

    def _send(self, loop: asyncio.AbstractEventLoop, work: Work) -> None:
        if batch := self._gathering.pop((loop, work), None):
            with self._gate:
                self._waiting.append(batch.jobs)
            self._go_on()

    def _go_on(self) -> None:
        """Begin what waits, if the thread has nothing to do. In an event loop."""
        with self._gate:
            if not self._busy and (jobs := self._next()):
                self._hand_over((self._open(jobs) if self._runs_in_loop(jobs) else None) or jobs)

    def _hand_over(self, work: list[_Job] | _Opened) -> None:
        self._busy = True
        self._queue.put(work)

    def _runs_in_loop(self, jobs: Sequence[_Job]) -> bool:
        """Whether the event loop runs their statements."""
        return self._in_file and jobs[0].short and not self._closing

    def _next(self) -> list[_Job]:
        """Take what waits and goes into one transaction: short writes for the event loop, or any for the thread."""
        jobs: list[_Job] = []
        in_loop = bool(self._waiting) and self._runs_in_loop(self._waiting[0])
        most = MAX_WRITES_IN_LOOP if in_loop else MAX_WRITES_PER_TRANSACTION
        while self._waiting and len(jobs) < most and (self._waiting[0][0].short or not in_loop):
            jobs += self._waiting.popleft()
        return jobs

    def _open(self, jobs: list[_Job]) -> _Opened | None:
        """Run the statements of these jobs in the event loop. ``None``: they are left to the thread, for any reason."""
        try:
            connection = self._connection = self._connection or self._engine.connect()
            _wait_for_lock(connection, 0)  # what waits for no lock runs in an event loop; see ``leave_to_thread``
            transaction = connection.begin()
            return _Opened(jobs, _run(connection, jobs), transaction)
        except BaseException as error:
            self._let_go()
            if not isinstance(error, Exception):
                raise
            return None  # the thread runs them again, and deals with what happens then

    def _write_forever(self) -> None:
        while (work := self._queue.get()) is not None:
            todo: list[_Job] | _Opened = work
            while todo:
                done = self._finish(todo) if isinstance(todo, _Opened) else self._commit(todo)
                todo = self._tell(done)
        self._let_go()

    def _tell(self, done: Sequence[tuple[_Job, Any]]) -> list[_Job]:
        """Give the results to their event loops. Returns what the thread has to do next; the loops do the rest."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for job, result in done:
            by_loop.setdefault(job.loop, []).append((job.future, result))
        following: list[_Job] = []
        with self._gate:
            if self._waiting:
                first = self._waiting[0]
                if self._runs_in_loop(first) and not first[0].loop.is_closed():
                    by_loop.setdefault(first[0].loop, [])
                else:
                    following = self._next()
            self._busy = bool(following)
        for loop, settled in by_loop.items():
            with suppress(RuntimeError):  # it is closed: nobody waits for these results
                loop.call_soon_threadsafe(self._settle, settled)
        return following

    def _settle(self, settled: list[tuple[asyncio.Future[Any], Any]]) -> None:
        for future, result in settled:
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._go_on()

    def _all_waiting(self) -> list[_Job]:
        with self._gate:
            found = [job for jobs in self._waiting for job in jobs]
            self._waiting.clear()
        return found

    def _finish(self, opened: _Opened) -> Sequence[tuple[_Job, Any]]:
        """Make durable what an event loop wrote. Returns the result of each job."""
        assert self._connection is not None
        try:
            opened.transaction.commit()
        except Exception:
            self._let_go()
            return self._commit(opened.jobs)
        if changed := changes.taken(self._connection):
            self._changed(changed)
        return list(zip(opened.jobs, opened.results, strict=True))

    def _commit(self, jobs: list[_Job]) -> Sequence[tuple[_Job, Any]]:
        """Run the statements of these jobs and make them durable. Returns the result of each one, or its error."""
        try:
            results = self._transaction(jobs)
        except Exception as error:  # the work may raise anything; its caller gets it
            trouble = for_caller(error)
            if isinstance(trouble, Busy) and not _is_deadlock(error):
                jobs = jobs + self._all_waiting()  # otherwise each would wait for the busy database again
            elif len(jobs) > 1:
                # Halve the group: a single failing write among hundreds then costs only a few more transactions.
                half = len(jobs) // 2
                return [*self._commit(jobs[:half]), *self._commit(jobs[half:])]
            results = [trouble] * len(jobs)
        return list(zip(jobs, results, strict=True))

    def _transaction(self, jobs: list[_Job]) -> list[Any]:
        for number in range(MAX_DEADLOCKS):
            try:
                return self._try(jobs)
            except _ConnectionLost:
                break
            except OperationalError as error:
                if len(jobs) > 1 or not _is_deadlock(error):
                    raise
                time.sleep(PAUSE_SECONDS * (number + 1))
        return self._try(jobs)

    def _try(self, jobs: list[_Job]) -> list[Any]:
        """The results of all jobs, after the commit. The connection stays open unless something fails.

        A restarted database server drops connections, which only the next statement notices. Then this raises
        ``_ConnectionLost``; but not when the commit itself fails, because the server may have carried it out.
        """
        kept = self._connection is not None
        connection = self._connection = self._connection or self._engine.connect()
        try:
            if self._in_file:
                _wait_for_lock(connection, self._patience_ms)
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
        """Return the connection to the pool, which checks it, without an open transaction.

        After a commit that failed, SQLAlchemy takes the transaction for ended, but SQLite keeps it open.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # a lost connection has no transaction either
                connection.connection.rollback()
            connection.close()


def leave_to_thread(tx: Connection) -> None:
    """Say that what follows may take long. In an event loop the transaction ends here, and the thread runs it anew."""
    if tx.info.get(PATIENCE) == 0:
        raise _TakesLong


def _wait_for_lock(connection: Connection, ms: int) -> None:
    """Set how long SQLite waits when another process has locked the file, unless it is set so already."""
    if connection.info.get(PATIENCE) != ms:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA busy_timeout={ms}")
        connection.info[PATIENCE] = ms


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


def _is_deadlock(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == _DEADLOCK


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
