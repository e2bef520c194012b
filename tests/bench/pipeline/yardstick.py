"""The yardstick: a minimal prototype of the same steps, with which the real server is compared.

It has a plain Starlette route, one thread that writes with raw ``sqlite3`` (WAL, FULL, group commit), one worker
process that runs the code in a fresh engine for every event without fences, and aiohttp. It verifies, stores, runs,
signs, sends and records like the real server, but has no retries, no protection, no pages and no recovery.

Run as a process: ``python -m pipeline.yardstick PORT_FILE FOLDER SECRET CODE_FILE URL``.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import queue
import socket
import sqlite3
import struct
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

UNDER_WAY = 64
LENGTH = struct.Struct("!I")

TABLES = """
CREATE TABLE messages (id TEXT PRIMARY KEY, webhook_id TEXT UNIQUE, type TEXT, at INTEGER, body BLOB);
CREATE TABLE deliveries (id TEXT PRIMARY KEY, message_id TEXT, state TEXT, due_at INTEGER);
CREATE INDEX due ON deliveries (due_at) WHERE state = 'pending';
CREATE TABLE attempts (id TEXT PRIMARY KEY, delivery_id TEXT, status INTEGER, url TEXT, headers TEXT, body BLOB,
                       answer BLOB, at INTEGER, took INTEGER);
"""


class Writer:
    """One thread with one connection; groups waiting writes into one transaction."""

    def __init__(self, file: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: queue.SimpleQueue[tuple[list[tuple[str, tuple[object, ...]]], asyncio.Future[None]]]
        self._jobs = queue.SimpleQueue()
        self._file = file
        threading.Thread(target=self._write, daemon=True).start()

    def write(self, *statements: tuple[str, tuple[object, ...]]) -> asyncio.Future[None]:
        done: asyncio.Future[None] = self._loop.create_future()
        self._jobs.put((list(statements), done))
        return done

    def _write(self) -> None:
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(TABLES)
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < 512 and not self._jobs.empty():
                jobs.append(self._jobs.get())
            connection.execute("BEGIN IMMEDIATE")
            for statements, _ in jobs:
                for statement, values in statements:
                    connection.execute(statement, values)
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, [done for _, done in jobs])


def _settle(settled: list[asyncio.Future[None]]) -> None:
    for done in settled:
        done.set_result(None)


class Engine:
    """One worker process. Replies come in the order of requests, so a queue of futures matches them."""

    def __init__(self, code: str) -> None:
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            ours.close()
            _work(theirs, code)
        theirs.close()
        self._socket = ours
        self._waiting: list[asyncio.Future[bytes]] = []

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(sock=self._socket)
        self._task = asyncio.create_task(self._read())

    async def run(self, event: bytes) -> bytes:
        done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._writer.write(LENGTH.pack(len(event)) + event)
        return await done

    async def _read(self) -> None:
        while True:
            (size,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
            self._waiting.pop(0).set_result(await self._reader.readexactly(size))


def _work(server: socket.socket, code: str) -> None:
    import quickjs  # only here: importing it starts threads, which the forking parent must not have

    stream = server.makefile("rwb")
    while head := stream.read(LENGTH.size):
        event = stream.read(LENGTH.unpack(head)[0]).decode()
        context = quickjs.Context()
        context.set_memory_limit(64 << 20)
        context.set_time_limit(1)
        context.eval(code)
        result = str(context.eval(f"JSON.stringify(handler({event}))")).encode()
        stream.write(LENGTH.pack(len(result)) + result)
        stream.flush()
    os._exit(0)


class Prototype:
    def __init__(self, folder: Path, secret: str, engine: Engine, url: str) -> None:
        self._folder, self._engine, self._url = folder, engine, url
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._number = 0

    async def start(self) -> None:
        await self._engine.open()
        self._writer = Writer(self._folder / "yardstick.db", asyncio.get_running_loop())
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)
        self._queue: asyncio.Queue[tuple[str, str, bytes]] = asyncio.Queue()
        self._couriers = [asyncio.create_task(self._deliver()) for _ in range(UNDER_WAY)]

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        webhook_id, stamp = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        if not hmac.compare_digest(self._sign(webhook_id, stamp, body), request.headers["webhook-signature"]):
            return Response("", 401)
        event_type = json.loads(body)["type"]
        self._number += 1
        message, delivery, now = f"m{self._number:020}", f"d{self._number:020}", time.time_ns() // 1_000_000
        await self._writer.write(
            ("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", (message, webhook_id, event_type, now, body)),
            ("INSERT INTO deliveries VALUES (?, ?, 'pending', ?)", (delivery, message, now)),
        )
        self._queue.put_nowait((delivery, webhook_id, body))
        return Response("", 200)

    async def _deliver(self) -> None:
        while True:
            delivery, webhook_id, body = await self._queue.get()
            started = time.time_ns()
            event = b'{"eventType":"payment.succeeded","method":"POST","headers":{},"url":"%b","payload":%b}'
            result = json.loads(await self._engine.run(event % (self._url.encode(), body)))
            sent, stamp = json.dumps(result["payload"]).encode(), str(started // 1_000_000_000)
            headers = {
                "content-type": "application/json",
                "webhook-id": webhook_id,
                "webhook-timestamp": stamp,
                "webhook-signature": self._sign(webhook_id, stamp, sent),
            }
            async with asyncio.timeout(15):
                async with self._session.post(result["url"], data=sent, headers=headers) as answer:
                    received = await answer.read()
            took = (time.time_ns() - started) // 1000
            kept = (f"a{delivery}", delivery, answer.status, result["url"], json.dumps(headers), sent, received)
            self._writer.write(
                ("INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*kept, started // 1_000_000, took)),
                ("UPDATE deliveries SET state = 'succeeded', due_at = NULL WHERE id = ?", (delivery,)),
            )

    def _sign(self, webhook_id: str, stamp: str, body: bytes) -> str:
        signed = hmac.digest(self._key, f"{webhook_id}.{stamp}.".encode() + body, hashlib.sha256)
        return "v1," + base64.b64encode(signed).decode()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()


def main(port_file: str, folder: str, secret: str, code_file: str, url: str) -> None:
    prototype = Prototype(Path(folder), secret, Engine(Path(code_file).read_text()), url)
    routes = [Route("/in/{token}", prototype.receive, methods=["POST"])]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await prototype.start()
        yield

    application = Starlette(routes=routes, lifespan=lifespan)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_config=None, access_log=False, loop="uvloop", http="httptools")
    port = str(listening.getsockname()[1])
    _Server(config, lambda: Path(port_file).write_text(port) and None).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
