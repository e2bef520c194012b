"""The example in transforms/README.md is a card in which the checks of all cards find nothing wrong."""

import re

import pytest
from card_checks import Folder, a_sandbox, misread_responses, refused_by_contract, unexpected, wrong_requests

from server.assets import transforms_dir
from server.domain.card_files import parse_card, sentences_of

README = (transforms_dir() / "README.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```", README, re.MULTILINE | re.DOTALL))
BEACON = Folder(parse_card("beacon", FILES, trusted=True), FILES)


def test_no_file_of_the_format_is_missing() -> None:
    listed = README.partition("```\n")[2].partition("```")[0]
    for name in re.findall(r"^  ([\w./]+\.\w+) ", listed, re.MULTILINE):
        assert name == "snippet.txt" or name in FILES


def test_the_example_is_translated() -> None:
    assert BEACON.card.texts["zh_Hans"].keys() == set(sentences_of(BEACON.card))


def test_the_contract_and_the_responses_are_as_told() -> None:
    assert wrong_requests(BEACON) + misread_responses(BEACON) == []


@pytest.mark.asyncio
async def test_the_code_makes_what_is_expected() -> None:
    async with a_sandbox() as sandbox:
        for name in BEACON.codes:
            assert await unexpected(sandbox, BEACON, name) == []
            assert await refused_by_contract(sandbox, BEACON, name, varied=True) == []
