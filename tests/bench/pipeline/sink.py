"""A destination with as little overhead as possible: reads requests, responds 200 and records each event.

Run as a process: ``python -m pipeline.sink PORT_FILE``. ``GET /taken`` returns the latencies in ms since the last call.
``GET /counted`` returns {arrived, events, late, at_once} since the last call: how many requests came, how many
different events they held, how many came after an event that their sender sent later, and the most within
``WINDOW_SECONDS``. It knows events by their payment ids, ``pay_<nanoseconds>_<sender>n<number>``.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path

import uvloop

WINDOW_SECONDS = 0.8
"""Shorter than the second of an endpoint's limit, since some requests take longer than others to come here."""
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_PAYMENT_ID = re.compile(rb"pay_(\d{19})_(\d+)n(\d+)")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

latencies: list[float] = []
arrived: list[tuple[float, int, int]] = []
"""When each request came, its sender, and its number there."""


class Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = int(found[1]) if (found := _LENGTH.search(head)) else 0
            whole = end + 4 + length
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            self._transport.write(self._answer(head, body))  # type: ignore[attr-defined]

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /taken"):
            taken = _as_json(latencies)
            latencies.clear()
            return taken
        if head.startswith(b"GET /counted"):
            counted = _as_json(_counted())
            arrived.clear()
            return counted
        if sent := _PAYMENT_ID.search(body):
            latencies.append((time.time_ns() - int(sent[1])) / 1e6)
            arrived.append((time.monotonic(), int(sent[2]), int(sent[3])))
        return OK


def _counted() -> dict[str, int]:
    events = {(sender, number) for _, sender, number in arrived}
    newest: dict[int, int] = {}
    late = at_once = first = 0
    for position, (at, sender, number) in enumerate(arrived):
        late += number < newest.get(sender, 0)
        newest[sender] = max(number, newest.get(sender, 0))
        while arrived[first][0] < at - WINDOW_SECONDS:
            first += 1
        at_once = max(at_once, position - first + 1)
    return {"arrived": len(arrived), "events": len(events), "late": late, "at_once": at_once}


def _as_json(found: object) -> bytes:
    text = json.dumps(found).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(text), text)


async def main(port_file: str) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    Path(port_file).write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
