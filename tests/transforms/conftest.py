"""A fixture that runs a transformation on a sample payload in the real sandbox; one sandbox per module."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio

from server.domain.catalog import sample_json
from server.domain.transformations import Program, Result, Webhook
from server.sandbox import Limits, Sandbox

MIB = 1024 * 1024

Run = Callable[..., Awaitable[Result]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run() -> AsyncIterator[Run]:
    sandbox = Sandbox(Limits(run_time=1.0, memory=64 * MIB, result=MIB, console=64 * 1024, workers=1))
    await sandbox.start()

    async def run_code(
        code: str, event_type: str, *, url: str = "", env: dict[str, str] | None = None, body: object = None
    ) -> Result:
        payload = sample_json(event_type) if body is None else json.dumps(body)
        webhook = Webhook(event_type, payload, url=url, method="POST", headers={}, env=env or {})
        return await sandbox.run(Program("tests", code), webhook)

    yield run_code
    await sandbox.close()
