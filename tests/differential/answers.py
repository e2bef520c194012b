"""Runs the same jobs in the sandbox and in Node, and returns the results in one comparable form."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.asking import a_webhook

from server.domain.transformations import Cancelled, FailureKind, Program, Result, Returned, TransformFailed
from server.sandbox import Limits, Sandbox
from server.sandbox.inside import wording

HERE = Path(__file__).parent
LIMITS = Limits(run_time=5.0, memory=64 << 20, result=1 << 20, console=64 << 10, kill_after=10.0)
NODE = shutil.which("node")
WHY_NOT = "Node is not installed; it is the reference here."


@dataclass(frozen=True)
class Job:
    name: str
    code: str
    payload: str
    event_type: str = "payment.succeeded"


@dataclass(frozen=True)
class Answer:
    outcome: str
    """``returned``, ``cancelled``, or the kind of failure."""
    request: tuple[str, str, dict[str, str], str] | None = None
    """Method, URL, headers and body."""
    message: str = ""
    line: int | None = None
    column: int | None = None
    console: tuple[tuple[str, str], ...] = field(default=())


class Node:
    """One Node process for the whole test run; reads a JSON line per job and writes a JSON line per result."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def answer(self, jobs: Sequence[Job]) -> list[Answer]:
        source, sink = self._process.stdout, self._process.stdin
        assert source
        assert sink
        lines = "".join(
            json.dumps({"code": job.code, "event": _event(job), "payload": job.payload}) + "\n" for job in jobs
        )

        async def send() -> None:
            sink.write(lines.encode())
            await sink.drain()

        sending = asyncio.create_task(send())
        answers = [_of_node(json.loads(await source.readline())) for _ in jobs]
        await sending
        return answers


@asynccontextmanager
async def node() -> AsyncIterator[Node]:
    process = await asyncio.create_subprocess_exec(
        NODE or "node", str(HERE / "reference.mjs"),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=64 << 20,
        env={"TZ": "UTC", "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"},
    )  # fmt: skip
    try:
        yield Node(process)
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def of_sandbox(sandbox: Sandbox, jobs: Sequence[Job]) -> list[Answer]:
    """Run the jobs one after another. Jobs with the same name share a worker, like the events of one endpoint."""
    return [
        _of_result(await sandbox.run(Program(job.name, job.code), a_webhook(job.payload, event_type=job.event_type)))
        for job in jobs
    ]


def _event(job: Job) -> str:
    given = a_webhook(job.payload, event_type=job.event_type)
    event = {"eventType": given.event_type, "url": given.url, "method": given.method, "headers": {}}
    return json.dumps(event | {"env": dict(given.env)})


def _of_result(result: Result) -> Answer:
    console = tuple((line.level, line.text) for line in result.console)
    match result:
        case Returned():
            request = (result.method, result.url, dict(result.headers), result.payload)
            return Answer("returned", request, console=console)
        case Cancelled():
            return Answer("cancelled", console=console)
        case TransformFailed(error=error):
            if error.kind == FailureKind.BAD_RESULT:
                return Answer("bad result", console=console)
            return Answer(str(error.kind), None, _without_advice(error.message), error.line, error.column, console)


def _without_advice(message: str) -> str:
    """The message without the advice that we add after V8's message."""
    message = re.sub(r"[.\n] ?webhook\.payload\S* (?:is a BigInt and needs|leads back to) \S+\.$", "", message)
    for advice in (*wording.HINTS.values(), wording.EXPORT_HINT):
        message = message.removesuffix(f". {advice}")
    return message


def _of_node(fields: dict[str, Any]) -> Answer:
    console = tuple((level, text) for level, text in fields["console"])
    if fields["outcome"] == "returned":
        request = (fields["method"], fields["url"], fields["headers"], fields["body"])
        return Answer("returned", request, console=console)
    if "message" not in fields:
        return Answer(fields["outcome"], console=console)
    return Answer(fields["outcome"], None, fields["message"], fields["line"], fields["column"], console)
