"""How a draft changes the variables of an endpoint, by name. Values are secrets and stay out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class VariableChange:
    name: str
    kind: Literal["added", "removed", "changed"]


def variable_changes(before: Mapping[str, str], after: Mapping[str, str] | None) -> Sequence[VariableChange]:
    """The variables that differ, by name. ``after`` is ``None`` when they stay as they are."""
    if after is None:
        return ()
    changes: list[VariableChange] = []
    for name in sorted({*before, *after}):
        if name not in before:
            changes.append(VariableChange(name, "added"))
        elif name not in after:
            changes.append(VariableChange(name, "removed"))
        elif before[name] != after[name]:
            changes.append(VariableChange(name, "changed"))
    return changes
