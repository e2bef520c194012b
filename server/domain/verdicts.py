"""What a contract says about a request, as it is stored with an attempt and shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from server.domain.contract_schemas import Fix
from server.domain.reasons import Cause
from server.domain.sentences import Sentence

MAX_FINDINGS = 20
"""Findings of one verdict."""

Step = str | int


class Grade(IntEnum):
    """What a verdict comes to. Rows in the database contain the numbers."""

    FITS = 0
    WARNINGS = 1
    ERRORS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a request that the destination does not accept, or may not."""

    path: str
    """Where: ``events.0.name``, ``""`` for the whole body, ``header:content-type``, ``method`` or ``url``."""
    warning: bool
    """The destination accepts it, but something is probably wrong."""
    cause: Cause
    """What is wrong, as a sentence."""
    allowed: tuple[str, ...] = ()
    """The allowed values, as they are written in JSON, if there are few."""
    hint: str = ""
    """How to mend it: a sentence of the card, which is translated by its text."""
    fix: Fix | None = None
    place: str = ""
    """Where the contract says so, as a JSON pointer into the call's schema."""
    steps: tuple[Step, ...] = ()
    """The path in parts; not stored."""

    @property
    def advice(self) -> Sentence:
        """The hint as a sentence, which is translated by its text."""
        return Sentence(self.hint)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a contract says about a request: errors first."""

    findings: tuple[Finding, ...] = ()
    grade: Grade = Grade.FITS

    @staticmethod
    def of(findings: Sequence[Finding]) -> "Verdict":
        """The verdict with these findings, as far as they are kept."""
        if not findings:
            return FITS
        grade = Grade.WARNINGS if all(one.warning for one in findings) else Grade.ERRORS
        return Verdict(tuple(findings[:MAX_FINDINGS]), grade)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if not one.warning)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.warning)


FITS = Verdict()
