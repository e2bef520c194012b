"""A destination with as little overhead as possible: reads requests, responds 200 and records each latency.

Run as a process: ``python -m pipeline.sink PORT_FILE``. ``GET /taken`` returns {count, latencies_ms} since the last
call. The time of sending is in the event's payment id, ``pay_<nanoseconds>``, which the seed's code passes on.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path

import uvloop

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
_SENT_AT = re.compile(rb"pay_(\d{19})")
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

latencies: list[float] = []


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
            taken = json.dumps({"count": len(latencies), "latencies_ms": latencies}).encode()
            latencies.clear()
            return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(taken), taken)
        if sent := _SENT_AT.search(body):
            latencies.append((time.time_ns() - int(sent[1])) / 1e6)
        return OK


async def main(port_file: str) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    Path(port_file).write_text(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
