"""Destinations that never respond, or send one byte at a time. They run in a thread of this process."""

import asyncio
import threading


class Troublemakers:
    """Runs both destinations; ``hanging`` and ``dripping`` are their URLs."""

    def __enter__(self) -> "Troublemakers":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.hanging = self._serve(_hang)
        self.dripping = self._serve(_drip)
        return self

    def __exit__(self, *exc: object) -> None:
        asyncio.run_coroutine_threadsafe(_end_all(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _serve(self, behave) -> str:  # type: ignore[no-untyped-def]
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(behave, "127.0.0.1", 0), self._loop)
        return f"http://127.0.0.1:{started.result().sockets[0].getsockname()[1]}/"


async def _end_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(65536):
        pass
    writer.close()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"." * 100_000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.5)
    except ConnectionError:
        writer.close()
