"""Names in server/ use the field's words. The glossary in server/README.md says which word stands for what."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTEAD = {
    "Answer": "Response",
    "Asked": "EndpointFilter, ReplayForm, DeliveryDirective",
    "Because": "RetryReason",
    "Company": "Batch",
    "Followed": "DecidedAttempt",
    "Gait": "Throttle",
    "Happened": "Occurrence",
    "Heard": "ResponseHints",
    "Judged": "HealthChange, FilteredMessage",
    "Lane": "EndpointQueue, RunQueue",
    "Names": "Resolver",
    "Notice": "OperationalEvent",
    "Room": "MemoryBudget",
    "Told": "NamedEvent",
    "Wall": "Fence",
    "Within": "Deadline",
    "Workbench": "Services",
}
"""A class's name that was a word of our own → what it is called now."""
PREFIXES = ("MOST_", "LONGEST_", "SHORTEST_", "LARGEST_", "FEWEST_", "LEAST_")
"""Limits begin with MAX_ or MIN_."""


@cache
def names() -> list[tuple[str, str]]:
    """Each class and each constant at the top of a module, with its file."""
    found = []
    for file in sorted((ROOT / "server").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name):
                    found.append((name.lstrip("_"), str(file.relative_to(ROOT))))
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    found.append((name.lstrip("_"), str(file.relative_to(ROOT))))
    return found


@pytest.mark.parametrize("old", INSTEAD)
def test_a_private_word_is_not_used_again(old: str) -> None:
    assert [file for name, file in names() if name == old] == [], f"say {INSTEAD[old]}"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_limit_begins_with_max_or_min(prefix: str) -> None:
    assert [(name, file) for name, file in names() if name.startswith(prefix)] == []
