"""Code as merchants write it gives the same request, console and error in the sandbox as in Node.

`make test` takes every sixth sample for each transform; `make differential` takes all 48.
"""

import dataclasses
import os
from pathlib import Path

import pytest
from differential.answers import HERE, Answer, Job, Node, of_sandbox

from server.domain.catalog import EVENT_TYPES, sample_json
from server.sandbox import Sandbox

CORPUS = sorted((HERE / "corpus").glob("*.js"))
STEP = 1 if os.environ.get("DIFFERENTIAL") == "all" else 6


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) >= 150


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
async def test_a_transform_does_what_it_does_in_node(ours: Sandbox, node: Node, path: Path) -> None:
    code = path.read_bytes().decode()
    offset = CORPUS.index(path) % STEP
    names = list(EVENT_TYPES)[offset::STEP]
    if path.stem.startswith("errors_of_statements"):
        names = names[:1]  # a hundred errors each, nearly none of which depends on the event
    jobs = [Job(path.stem, code, sample_json(name), name) for name in names]
    expected = await node.answer(jobs)
    for job, here, there in zip(jobs, await of_sandbox(ours, jobs), expected, strict=True):
        assert _comparable(here, there) == there, job.event_type


def _comparable(here: Answer, there: Answer) -> Answer:
    """V8 does not tell in which column it stopped compiling."""
    return dataclasses.replace(here, column=None) if there.outcome == "syntax" and there.column is None else here
