"""Whatever a worker sends, even one that hostile code has taken over, ends in an outcome within its bounds."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from sandbox.asking import a_webhook

from server.domain.transformations import FailureKind, Program, Result, Returned, TransformFailed
from server.sandbox import Limits, Sandbox, replies, zygote
from server.sandbox.inside import frames
from server.sandbox.worker import Worker

LIMITS = Limits(run_time=0.4, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=0.5)
GOOD = {"is": "returned", "method": "POST", "url": "u", "headers": {}, "text": False, "console": [], "ms": 1}


def reply(body: bytes = b"1", **changes: object) -> bytes:
    return frames.pack_reply(json.dumps(GOOD | changes).encode(), body)


def parsed(**changes: object) -> Result:
    return replies.parse(json.dumps(GOOD | changes).encode(), b"1", LIMITS, 50.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"ms": float("nan")}, {"ms": -1}, {"ms": float("inf")}, {"ms": 10**400}, {"ms": True}, {"ms": "1"},
        {"memory": -1}, {"memory": 10**30}, {"memory": 1.5}, {"console": [[]]}, {"console": {"a": 1}},
        {"console": [[{}, "x"]] * 3 + [["log", 1]]}, {"is": "internal", "message": "x"}, {"is": "nonsense"},
        {"is": "threw", "message": "x", "line": 10**20, "column": 1, "source": ""}, {"url": "u" * 70_000},
        {"headers": []}, {"headers": {"a": 1}}, {"method": None}, {"warnings": 1}, {"warnings": [{"kind": []}]},
        {"counts": 1}, {"counts": [1.5]}, {"counts": [-1]}, {"counts": [10**30]}, {"counts": [0] * 10_001},
    ],
)  # fmt: skip
def test_a_reply_that_cannot_be_is_told_as_such(changes: dict[str, object]) -> None:
    result = parsed(**changes)
    good_after_all = isinstance(result, Returned) and "console" in changes
    assert good_after_all or (isinstance(result, TransformFailed) and result.error.kind == FailureKind.CRASHED), result


def test_a_run_took_no_longer_than_it_was_waited_for() -> None:
    assert parsed(ms=1e9).ms == 50.0


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"{", b"\xff", b""])
def test_a_body_that_is_no_json_is_not_sent(body: bytes) -> None:
    assert isinstance(replies.parse(json.dumps(GOOD).encode(), body, LIMITS), TransformFailed)


Behave = Callable[[socket.socket], bytes]


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    started = Sandbox(LIMITS)
    await started.start()
    yield started
    await started.close()


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (reply() * 50, FailureKind.CRASHED),
        (frames.REPLY.pack(1 << 31, 1 << 31), FailureKind.CRASHED),
        (frames.pack_reply(b'{"part":"locale:de"}', b"") * 10_000, FailureKind.CRASHED),
        (frames.pack_reply(b'{"part":"locale:de"}', b""), FailureKind.TIME_LIMIT),
        (frames.pack_reply(b"not json", b""), FailureKind.CRASHED),
        (reply()[:20], FailureKind.TIME_LIMIT),
        (b"", FailureKind.TIME_LIMIT),
    ],
)
async def test_a_worker_that_was_taken_over_costs_its_own_event_alone(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, sent: bytes, kind: FailureKind
) -> None:
    """It answers the first request with these bytes, and lives on."""

    async def taken_over(zygote: zygote.Zygote) -> Worker:
        ours, theirs = socket.socketpair()
        end: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        worker = Worker(LIMITS, lambda: end.done() or end.set_result(-9), end)
        theirs.sendall(frames.pack_reply(b'{"ready":0}', b""))
        theirs.setblocking(False)
        assert await worker.meet(ours) is None

        async def answer() -> None:
            loop = asyncio.get_running_loop()
            try:
                await loop.sock_recv(theirs, 1 << 16)
                await loop.sock_sendall(theirs, sent)
                await end
            except OSError:
                pass
            finally:
                theirs.close()

        answering.append(asyncio.create_task(answer()))
        return worker

    answering: list[asyncio.Task[None]] = []
    program = Program("ep", "const handler = w => w")
    with monkeypatch.context() as patched:
        patched.setattr(zygote.Zygote, "spawn", taken_over)
        result = await asyncio.wait_for(sandbox.run(program, a_webhook()), 10)
    if isinstance(result, Returned):  # the first of too many replies was good: then its worker is not kept
        assert sent.startswith(reply())
    else:
        assert isinstance(result, TransformFailed)
        assert result.error.kind == kind
    assert not sandbox._idle.all()
    assert isinstance(await sandbox.run(program, a_webhook()), Returned)
    await asyncio.gather(*answering)
