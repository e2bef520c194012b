"""What curl or Node reads as a response, the courier reads as the same one."""

import asyncio
import json
import shutil
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from raw_responses import CASES, RESET, Case, Then
from receivers import Receiver, receiving

from server.delivery.courier import Courier, Responded, Sent
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed

LOOPBACK = AddressRules.allowing(["127.0.0.0/8"])
NAMES = list(CASES)
FULL_SECONDS = 1
"""What the references get: some of them wait for a body that does not come."""

STRICTER = {"042", "000"}
"""No status at all, though Node takes it for one: 042 would be neither a success nor a failure."""

NODE = """
const http = require("http"), base = process.argv[1], names = JSON.parse(process.argv[2])
const ask = (at) => new Promise((done) => {
  const seen = { status: 0, body: "", whole: false }
  const request = http.request(base + at, { method: "POST", agent: false }, (response) => {
    seen.status = response.statusCode
    response.on("data", (piece) => (seen.body += piece.toString("latin1")))
    response.on("end", () => done({ ...seen, whole: true }))
    response.on("error", () => done({ ...seen }))
  })
  request.on("upgrade", (response, socket) => { seen.status = response.statusCode; socket.destroy(); done(seen) })
  request.on("error", () => done(seen))
  setTimeout(() => { done(seen); request.destroy() }, SECONDS * 1000)
  request.end("{}")
})
Promise.all(names.map((_, at) => ask(at))).then((all) => { console.log(JSON.stringify(all)); process.exit(0) })
""".replace("SECONDS", str(FULL_SECONDS))


@asynccontextmanager
async def a_server_of_all() -> AsyncIterator[Receiver]:
    """Answers a request for ``/n`` with the bytes of the n-th case."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        case = CASES[NAMES[int(receiver.asked[id(reader)])]]
        writer.write(case.raw)
        await writer.drain()
        if case.then is RESET:
            await asyncio.sleep(0.1)  # the response has arrived by then
            made = writer.get_extra_info("socket")
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif case.then is Then.CLOSE:
            writer.close()

    async with receiving(answer) as receiver:
        yield receiver


async def test_each_response_is_read_as_expected() -> None:
    courier, turn = Courier(LOOPBACK, timeout=1), asyncio.Semaphore(32)

    async def read(url: str) -> Sent:
        request = untransformed(url, b"{}", credential_headers={}, endpoint_headers={})
        async with turn:
            return await courier.send(request, endpoint=url)

    async with a_server_of_all() as server:
        all_sent = await asyncio.gather(*(read(server.url(f"/{at}")) for at in range(len(NAMES))))
        await courier.aclose()
    assert [told for name, sent in zip(NAMES, all_sent, strict=True) if (told := otherwise(CASES[name], sent))] == []


def otherwise(case: Case, sent: Sent) -> str | None:
    """What was read, where it is not what the case says."""
    if isinstance(sent, Responded):
        same = (sent.response.status, sent.response.body, sent.error is None) == (case.status, case.body, case.whole)
    else:
        same = case.status == 0
    return None if same else f"{case.raw[:200]!r}: {sent}"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
async def test_the_courier_is_no_stricter_than_curl() -> None:
    turn = asyncio.Semaphore(16)

    async def ask(base: str, at: int) -> tuple[int, bytes, bool]:
        async with turn:
            process = await asyncio.create_subprocess_exec(
                "curl", "-qsS", "-m", str(FULL_SECONDS), "-d", "{}", "-o", "-", "-w", "\n%{http_code}", f"{base}{at}",
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            said, _ = await process.communicate()
        body, _, status = said.rpartition(b"\n")
        return int(status), body, process.returncode == 0

    async with a_server_of_all() as server:
        seen = await asyncio.gather(*(ask(server.url(), at) for at in range(len(NAMES))))
    assert sum(status == 200 for status, _, _ in seen) > 100
    assert [less for name, one in zip(NAMES, seen, strict=True) if (less := stricter(name, *one))] == []


@pytest.mark.skipif(not shutil.which("node"), reason="Node is not installed")
async def test_the_courier_is_no_stricter_than_node() -> None:
    async with a_server_of_all() as server:
        process = await asyncio.create_subprocess_exec(
            "node", "-e", NODE, server.url(), json.dumps(NAMES), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
    seen = [(one["status"], one["body"].encode("latin-1"), one["whole"]) for one in json.loads(said)]
    assert sum(status == 200 for status, _, _ in seen) > 50
    assert [told for name, one in zip(NAMES, seen, strict=True) if (told := stricter(name, *one))] == []


def stricter(name: str, status: int, body: bytes, whole: bool) -> str | None:
    """What a reference reads and the courier does not."""
    case: Case = CASES[name]
    if status < 200 or name in STRICTER:
        return None
    if case.status != status:
        return f"{name}: {status}, not {case.status}"
    if whole and body and not (case.whole and case.body):
        return f"{name}: {body!r}"
    return None
