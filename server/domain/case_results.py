"""What a run of test cases gave, as it is kept with a draft and shown on pages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from server.domain.assertions import Failure
from server.domain.ids import TestCaseId
from server.domain.reasons import Reason, as_data, as_sentence, from_data

MAX_KEPT_FAILURES = 5
"""Failures of one case that are kept."""


class CaseState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    """The outcome differs from the expectation."""
    UNRUN = "unrun"
    """It could not be run; its only failure says why."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What one case gave."""

    id: TestCaseId
    name: str
    state: CaseState
    failures: tuple[Failure, ...] = ()
    ms: float = 0.0
    """Milliseconds that the code ran."""


@dataclass(frozen=True, slots=True)
class CaseResults:
    """What all cases of an endpoint gave, in their order."""

    results: tuple[CaseResult, ...] = ()

    @property
    def total(self) -> int:
        return len(self.results)

    @property
    def passed(self) -> int:
        return self._count(CaseState.PASSED)

    @property
    def failed(self) -> int:
        return self._count(CaseState.FAILED)

    @property
    def unrun(self) -> int:
        return self._count(CaseState.UNRUN)

    @property
    def failing(self) -> int:
        """Cases that stand in the way of activating: those that failed, and those that could not be run."""
        return self.total - self.passed

    @property
    def is_fine(self) -> bool:
        return self.failing == 0

    def of(self, case_id: str) -> CaseResult | None:
        """The result of one case; ``None`` when it was not among them."""
        return next((each for each in self.results if each.id == case_id), None)

    def dump(self) -> str:
        """The results as text for the database."""
        return json.dumps([_as_data(each) for each in self.results], separators=(",", ":"))

    @staticmethod
    def load(text: str) -> "CaseResults | None":
        """The results that ``dump`` wrote; ``None`` for text that cannot be read."""
        try:
            return CaseResults(tuple(_from_data(each) for each in json.loads(text)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def _count(self, state: CaseState) -> int:
        return sum(each.state is state for each in self.results)


def _as_data(result: CaseResult) -> dict[str, Any]:
    data: dict[str, Any] = {"id": result.id, "name": result.name, "state": result.state.value, "ms": result.ms}
    if result.failures:
        data["failures"] = _failures_as_data(result.failures)
    return data


def _failures_as_data(failures: Sequence[Failure]) -> list[dict[str, Any]]:
    return [
        {
            "sentence": as_data(one.sentence),
            "path": one.path,
            "expected": one.expected,
            "found": one.found,
        }
        for one in failures[:MAX_KEPT_FAILURES]
    ]


def _from_data(data: dict[str, Any]) -> CaseResult:
    return CaseResult(
        id=TestCaseId(str(data["id"])),
        name=str(data["name"]),
        state=CaseState(data["state"]),
        failures=tuple(_failure(one) for one in data.get("failures", [])),
        ms=float(data["ms"]),
    )


def _failure(data: dict[str, Any]) -> Failure:
    cause = from_data(data["sentence"])
    sentence = cause if isinstance(cause, Reason) else as_sentence(cause)
    assert isinstance(sentence, Reason)
    return Failure(sentence, str(data["path"]), str(data["expected"]), str(data["found"]))
