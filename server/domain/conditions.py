"""Which events an endpoint wants beyond their type: ``data.currency = "EUR"``, looked at ahead of the code."""

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    EQUALS = "="
    DIFFERS = "!="
    ABOVE = ">"
    BELOW = "<"
    CONTAINS = "contains"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of an endpoint's filter. An event is wanted when all of them hold."""

    path: str
    """Names joined by dots, from the top of the payload: ``data.customer.email``; a number counts into a list."""
    operator: Operator
    value: str
    """As typed; compared as a number with a number, as text with anything else. Empty for ``exists``."""
