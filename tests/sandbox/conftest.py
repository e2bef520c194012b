"""Fixtures: a running sandbox for all tests here."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sandbox.asking import LIMITS, Run, a_webhook

from server.domain.ids import unique
from server.domain.transformations import Program, Result
from server.sandbox import Sandbox


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    """One sandbox for the session, on purpose: what hostile code leaves behind must not affect the next test."""
    started = Sandbox(LIMITS)
    await started.start()
    yield started
    await started.close()


@pytest.fixture
def run(sandbox: Sandbox) -> Run:
    """``await run(code)`` returns the code's result for a payment event. ``payload=…`` passes another payload."""

    async def one(code: str, owner: str | None = None, **changes: Any) -> Result:
        return await sandbox.run(Program(owner or unique("draft"), code), a_webhook(**changes))

    return one
