"""What a response of a destination means, as its card's contract reads it."""

from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import Millis

OF_THE_CONTENT = frozenset({400, 409, 413, 415, 422})
"""Statuses that are about the request, not about the destination or the credentials."""


class Reads(StrEnum):
    SUCCESS = "success"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a response means."""

    reads: Reads
    retry: bool = True
    """False: the destination would reject the same request again, or sending it again does harm."""
    limited: bool = False
    """The destination rejected it only because of too many requests."""
    message: str = ""
    """The destination's own message: one line, masked and cut."""
    meaning: str = ""
    """A sentence of the card that says what the response means and what to do; translated by its text."""
    wait_ms: Millis | None = None
    """How long the destination asks to wait, besides ``Retry-After``."""

    @property
    def rejected(self) -> bool:
        return self.reads is Reads.REJECTED
