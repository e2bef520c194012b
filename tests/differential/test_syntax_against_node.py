"""Code that does not compile: V8's words, line and column, on errors that people make and on random ones.

`make test` takes 150 random ones, always the same; `make differential` takes 3,000.
"""

import dataclasses
import json
import os
import random
import re

import pytest
from differential.answers import HERE, Answer, Job, Node, of_sandbox

from server.sandbox import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="session")

WRITTEN = [json.loads(line) for line in (HERE / "syntax_errors.jsonl").read_text().split("\n") if line]
CORPUS = sorted((HERE / "corpus").glob("*.js"))
IS_LONG = os.environ.get("DIFFERENTIAL") == "all"
_TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d+|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|=>|\?\.|\.\.\.|[=!]==?|\s+|\S")
_STRAY = [
    *"'\"`()[]{},;:.?=#@“!+-*/\\1", "...", "=>", "==", "?.", "const ", "let ", "var ", "function ", "return ", "await ",
    "async ", "if ", "else ", "for ", "of ", "in ", "new ", "class ", "${", "&&", "||", "??", "//", "/*", "import ",
    "export ", "default ", "this", "null", "yield ", "static ", "super", "try ", "catch ", "throw ", "enum", "1_", "\n",
]  # fmt: skip


@pytest.mark.parametrize("part", range(8))
async def test_an_error_that_people_make_is_told_as_in_node(ours: Sandbox, node: Node, part: int) -> None:
    await agree(ours, node, WRITTEN[part::8])


async def test_a_random_error_is_told_as_in_node(ours: Sandbox, node: Node) -> None:
    dice = random.Random(None if IS_LONG else 1)
    codes = [code for path in CORPUS if len(code := path.read_text()) < 3_000 and "\0" not in code]
    await agree(ours, node, [broken(dice.choice(codes), dice) for _ in range(3_000 if IS_LONG else 150)])


def broken(code: str, dice: random.Random) -> str:
    """One token left out, doubled, replaced or added, or the end cut off."""
    tokens = _TOKEN.findall(code)
    at = dice.randrange(len(tokens))
    match dice.randrange(5):
        case 0:
            del tokens[at]
        case 1:
            tokens.insert(at, tokens[at])
        case 2:
            tokens[at] = dice.choice(_STRAY)
        case 3:
            tokens.insert(at, dice.choice(_STRAY))
        case 4:
            del tokens[at:]
    return "".join(tokens)


async def agree(ours: Sandbox, node: Node, codes: list[str]) -> None:
    jobs = [Job("syntax", code, "{}") for code in codes]
    there = await node.answer(jobs)
    wrong = [each for each, answer in zip(jobs, there, strict=True) if answer.outcome == "syntax"]
    expected = [answer for answer in there if answer.outcome == "syntax"]
    here = await of_sandbox(ours, wrong)
    differing = [
        (job.code, mine, theirs)
        for job, mine, theirs in zip(wrong, here, expected, strict=True)
        if comparable(mine, theirs) != theirs
    ]
    assert differing == []


def comparable(here: Answer, there: Answer) -> Answer:
    """Node shows no column at the end of the code."""
    return dataclasses.replace(here, column=None) if there.column is None else here
