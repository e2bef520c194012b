"""Fixtures for the sandbox and Node. All tests here are skipped if Node is missing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from differential import answers

from server.sandbox import Sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if answers.NODE is None:
        for item in items:
            if answers.HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=answers.WHY_NOT))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def node() -> AsyncIterator[answers.Node]:
    async with answers.node() as started:
        yield started


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ours() -> AsyncIterator[Sandbox]:
    started = Sandbox(answers.LIMITS)
    await started.start()
    yield started
    await started.close()
