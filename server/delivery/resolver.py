"""Resolves host names to addresses with the system's resolver.

The owner of a name decides how long its look-up takes. One that hangs must delay neither other names, nor other work in
threads, nor the end of this process.
"""

import asyncio
import errno
import socket
from contextlib import suppress
from threading import Thread

MAX_LOOKUPS = 128
"""Look-ups at once: as many as attempts by default. One endpoint has a quarter of those, so the names that its code
makes up leave room for others."""


class Resolver:
    """Resolves each name once at a time: callers that ask meanwhile get the same result. Close with ``close``."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[list[str]]] = {}
        self._turn = asyncio.Semaphore(MAX_LOOKUPS)

    async def addresses(self, host: str) -> list[str]:
        """Return the addresses as canonical text. Raises OSError when there are none, ValueError for a bad name."""
        if (looking := self._under_way.get(host)) is None:
            looking = self._under_way[host] = asyncio.create_task(self._look_up(host))
            looking.add_done_callback(lambda _: self._under_way.pop(host))
        return await asyncio.shield(looking)

    def close(self) -> None:
        for looking in self._under_way.values():
            looking.cancel()

    async def _look_up(self, host: str) -> list[str]:
        async with self._turn:
            answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
            # A daemon thread, not one of a pool: Python does not exit before all threads of pools have ended.
            try:
                Thread(target=_ask, args=(host, answer), name="resolver", daemon=True).start()
            except RuntimeError as error:  # no thread left: our fault, and nothing was sent
                raise OSError(errno.ENOMEM, "no thread to look a name up in") from error
            return await answer


def _ask(host: str, answer: asyncio.Future[list[str]]) -> None:
    addresses: list[str] = []
    failure: Exception | None = None
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    except Exception as error:  # of any kind: without a result, this name would stay under way for ever
        failure = error

    def tell() -> None:
        if answer.done():
            return
        if failure:
            answer.set_exception(failure)
        else:
            answer.set_result(addresses)

    with suppress(RuntimeError):  # the loop has ended meanwhile
        answer.get_loop().call_soon_threadsafe(tell)
