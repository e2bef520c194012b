"""Each card's code, run on all sample payloads and on variants of them, gives what its files promise."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from card_checks import (
    Folder,
    a_sandbox,
    folders,
    misread_responses,
    refused_by_contract,
    unexpected,
    wrong_requests,
)

from server.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOLDERS = {folder.card.name: folder for folder in folders()}
EVERY_CODE = [
    pytest.param(folder, name, id=f"{folder.card.name}-{name}") for folder in FOLDERS.values() for name in folder.codes
]

every_code = pytest.mark.parametrize(("folder", "name"), EVERY_CODE)
every_folder = pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS.keys())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with a_sandbox() as started:
        yield started


@every_code
async def test_the_result_is_the_expected_one_for_every_event_type(folder: Folder, name: str, sandbox: Sandbox) -> None:
    assert await unexpected(sandbox, folder, name) == []


@every_code
async def test_the_contract_accepts_what_is_sent_for_every_event_type(
    folder: Folder, name: str, sandbox: Sandbox
) -> None:
    assert await refused_by_contract(sandbox, folder, name, varied=False) == []


@every_code
async def test_the_contract_accepts_what_is_sent_for_unusual_events(
    folder: Folder, name: str, sandbox: Sandbox
) -> None:
    assert await refused_by_contract(sandbox, folder, name, varied=True) == []


@every_folder
async def test_the_contract_refuses_wrong_requests_at_the_right_places(folder: Folder) -> None:
    assert wrong_requests(folder) == []


@every_folder
async def test_responses_read_as_they_should(folder: Folder) -> None:
    assert misread_responses(folder) == []
