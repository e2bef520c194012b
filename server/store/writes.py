"""Tells whether anything was written to the database, by this process or another.

A look reads no table. SQLite counts the commits that a connection did not make itself. PostgreSQL says which
transactions a snapshot sees, and only those that write have a number. So two equal answers mean that nothing was
committed between them. Work in another database of the same server changes PostgreSQL's answer too, which is no harm.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress

from sqlalchemy import Engine, PoolProxiedConnection

LOOK_SECONDS = 1.0
"""How often it looks while somebody waits for a write."""
CLOCK_SECONDS = 0.1
"""A wall clock that jumped by more counts as a write: what is due may have changed."""

PATIENCE_SECONDS = 5.0
"""How long a look may take."""


class Writes:
    """One look a second serves all that wait. Answers are compared and have no other meaning."""

    def __init__(self, reader: Engine, readers: Executor) -> None:
        self._reader = reader
        self._readers = readers
        self._connection: PoolProxiedConnection | None = None
        self._asking = asyncio.Lock()
        self._waiting: dict[Callable[[], None], object] = {}
        self._looking: asyncio.Task[None] | None = None
        self.seen: object = object()
        """The answer of the last look. Every write since then gives another one."""

    async def look(self) -> object:
        """The answer now. When the database cannot be asked, it is unlike all others, so that others find out why."""
        try:
            async with self._asking, asyncio.timeout(PATIENCE_SECONDS):
                if self._connection is None:
                    connecting = asyncio.get_running_loop().run_in_executor(self._readers, self._reader.raw_connection)
                    self._connection = await connecting
                # Neither needs a thread, whose wake-ups would cost more than the answer.
                self.seen = self._ask_file() if self._reader.dialect.name == "sqlite" else await self._ask_server()
        except Exception:  # of any kind, such as a closed pool
            self._let_go()
            self.seen = object()
        except BaseException:
            self._let_go()  # its answer may still come
            raise
        return self.seen

    def tell(self, tell: Callable[[], None], seen: object) -> None:
        """Call ``tell`` once, within ``LOOK_SECONDS`` of an answer other than ``seen``, or of a jump of the clock."""
        self._waiting[tell] = seen
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_until_nobody_waits(), name="writes")

    def forget(self, tell: Callable[[], None]) -> None:
        """Do not call it any more."""
        self._waiting.pop(tell, None)
        if not self._waiting and self._looking:
            self._looking.cancel()
            self._looking = None

    def close(self) -> None:
        self._let_go()

    async def _look_until_nobody_waits(self) -> None:
        ahead = time.time() - time.monotonic()
        try:
            while self._waiting:
                await asyncio.sleep(LOOK_SECONDS)
                before, ahead = ahead, time.time() - time.monotonic()
                answer = await self.look()
                if abs(ahead - before) > CLOCK_SECONDS:
                    answer = object()
                for tell in [tell for tell, seen in self._waiting.items() if seen != answer]:
                    del self._waiting[tell]
                    tell()
        finally:
            if self._looking is asyncio.current_task():
                self._looking = None

    def _ask_file(self) -> object:
        """Takes some microseconds and waits for nobody."""
        assert self._connection
        cursor = self._connection.cursor()
        cursor.execute("PRAGMA data_version")
        return cursor.fetchone()

    async def _ask_server(self) -> object:
        assert self._connection and self._connection.driver_connection
        server = self._connection.driver_connection.pgconn
        loop, answered = asyncio.get_running_loop(), asyncio.Event()
        server.send_query(b"SELECT txid_current_snapshot()")
        loop.add_reader(server.socket, answered.set)
        try:
            while server.is_busy():
                await answered.wait()
                answered.clear()
                server.consume_input()
        finally:
            loop.remove_reader(server.socket)
        answers = [answer.get_value(0, 0) for answer in iter(server.get_result, None)]
        [answer] = answers
        if answer is None:  # an error
            raise ConnectionError
        return answer

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.invalidate()  # it has settings of its own, so no other may get it
