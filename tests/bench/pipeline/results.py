"""What a run measured: named figures of each turn, their medians, and ratios between figures of the same turn."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

Turns = list[float]


@dataclass
class Results:
    """Figures by candidate, situation and name, each a list with one value a turn."""

    kept: dict[tuple[str, str, str], Turns] = field(default_factory=lambda: defaultdict(list))

    def add(self, candidate: str, situation: str, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self.kept[candidate, situation, name].append(value)

    def turns(self, candidate: str, situation: str, name: str) -> Turns:
        return self.kept.get((candidate, situation, name), [])

    def every(self, candidates: Sequence[str], names: Sequence[str]) -> Turns:
        """All values with these names, in any situation of these candidates."""
        found = [turns for (who, _, name), turns in self.kept.items() if who in candidates and name in names]
        return [value for turns in found for value in turns]


class Value(Protocol):
    """Something that a run may have measured."""

    def of(self, results: Results) -> Turns:
        """One value for each turn; none if this run did not measure it."""
        ...


@dataclass(frozen=True)
class Figure:
    candidate: str
    situation: str
    name: str

    def of(self, results: Results) -> Turns:
        return results.turns(self.candidate, self.situation, self.name)


@dataclass(frozen=True)
class Ratio:
    """Turn by turn, so that what slows the machine for a while slows both."""

    above: Value
    below: Value

    def of(self, results: Results) -> Turns:
        pairs = zip(self.above.of(results), self.below.of(results), strict=False)
        return [above / below for above, below in pairs if below]


@dataclass(frozen=True)
class Sum:
    """The sum of all values with these names, in any situation of these candidates."""

    candidates: tuple[str, ...]
    names: tuple[str, ...]

    def of(self, results: Results) -> Turns:
        found = results.every(self.candidates, self.names)
        return [sum(found)] if found else []


@dataclass(frozen=True)
class Calculated:
    """A value that follows from medians of others."""

    rule: Callable[..., float]
    given: tuple[Value, ...]

    def of(self, results: Results) -> Turns:
        turns = [value.of(results) for value in self.given]
        return [self.rule(*map(median, turns))] if all(turns) else []
