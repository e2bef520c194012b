"""Resolves host names to addresses, as the system answers.

A name is its owner's, and so is how long the answer takes: a look-up that hangs must hold up neither other names, nor
what else runs in threads, nor the end of this process.
"""

import asyncio
import errno
import socket
from contextlib import suppress
from threading import Thread

MAX_LOOKUPS = 128
"""As many as deliveries, of which one endpoint has a quarter: names that its code makes up leave room for others."""


class Resolver:
    """Looks names up, each once at a time: whoever asks meanwhile gets the same answer. Close with ``close``."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[list[str]]] = {}
        self._turn = asyncio.Semaphore(MAX_LOOKUPS)

    async def addresses(self, host: str) -> list[str]:
        """The addresses as canonical text. Raises OSError when there are none, ValueError for what is no name."""
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
            # Not of a pool: Python ends only when the threads of all pools have.
            try:
                Thread(target=_ask, args=(host, answer), name="resolver", daemon=True).start()
            except RuntimeError as error:  # the system gives us no thread: ours, and nothing was sent
                raise OSError(errno.ENOMEM, "no thread to look a name up in") from error
            return await answer


def _ask(host: str, answer: asyncio.Future[list[str]]) -> None:
    addresses: list[str] = []
    failure: Exception | None = None
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    except Exception as error:  # of whatever kind: without an answer nobody could ask for this name again
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
