"""Warnings of a run: it succeeded, but something in its result looks wrong.

The sandbox's worker or ``delivery.prepare`` creates a warning; ``Result`` carries it to the attempt, which stores it.
It is a kind and the values for that kind's sentence, so that each reader gets it in their own language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.domain.sentences import Sentence, say
from server.domain.shortened import shortened

MAX_WARNINGS = 20
"""Warnings stored for one run."""
MAX_VALUE = 500
"""Characters stored of each value."""


class WarningKind(StrEnum):
    REJECTION = "rejection"
    REJECTION_AT = "rejection at"
    """The same, with a known line."""
    NUMBER_CHANGED = "number changed"
    NUMBER_COMPUTED = "number computed"
    NUMBER_IN_TEXT = "number in text"
    WORD_IN_HEADER = "word in header"
    WORD_IN_URL = "word in url"
    VARIABLE_IN_HEADER = "variable in header"
    VARIABLE_IN_URL = "variable in url"
    MISSING_VARIABLE = "missing variable"


_SENTENCES: Mapping[str, Sentence] = {
    WarningKind.REJECTION: say(
        "A promise was rejected and not handled: {message}. Node.js would end the process. Hookbench uses the "
        "result of handler, so check that it is complete."
    ),
    WarningKind.REJECTION_AT: say(
        "A promise was rejected at line {line} and not handled: {message}. Node.js would end the process. "
        "Hookbench uses the result of handler, so check that it is complete."
    ),
    WarningKind.NUMBER_CHANGED: say(
        "The number at {path} is sent as {after}, but the event contains {before}. JavaScript keeps about 16 "
        "digits of a number and not its notation."
    ),
    WarningKind.NUMBER_COMPUTED: say(
        "The number at {path} is sent as {after}. If it was computed from {before}, it is not exact: JavaScript "
        "keeps about 16 digits of a number."
    ),
    WarningKind.NUMBER_IN_TEXT: say(
        "The text at {path} contains {after}, but the event contains {before}. JavaScript keeps about 16 digits "
        "of a number and not its notation."
    ),
    WarningKind.WORD_IN_HEADER: say("The header {header} contains “{word}”. A value is probably missing."),
    WarningKind.WORD_IN_URL: say("The URL contains “{word}”. A value is probably missing."),
    WarningKind.VARIABLE_IN_HEADER: say(
        "The header {header} contains “{word}”. The code reads webhook.env.{name}, but there is no variable {name}."
    ),
    WarningKind.VARIABLE_IN_URL: say(
        "The URL contains “{word}”. The code reads webhook.env.{name}, but there is no variable {name}."
    ),
    WarningKind.MISSING_VARIABLE: say("The code reads webhook.env.{name}, but there is no variable {name}."),
}

FIELDS: Mapping[str, tuple[str, ...]] = {
    kind: tuple(dict.fromkeys(re.findall(r"\{(\w+)\}", sentence.text))) for kind, sentence in _SENTENCES.items()
}
"""The names of the values of each kind."""


@dataclass(frozen=True, slots=True)
class RunWarning:
    """One warning. ``kind`` is a value of ``WarningKind``; ``values`` has the names that ``FIELDS`` lists for it."""

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)

    def sentence(self) -> Sentence:
        """The warning as a sentence. An unknown kind, from a newer version, is shown by its name."""
        known = _SENTENCES.get(self.kind)
        if not known or not all(name in self.values for name in FIELDS[self.kind]):
            return Sentence(self.kind)
        return Sentence(known.text, dict(self.values))


def warn(kind: WarningKind, **values: str) -> RunWarning:
    """A warning; each value is cut to ``MAX_VALUE`` characters."""
    return RunWarning(kind.value, {name: cut(value) for name, value in values.items()})


def cut(value: str) -> str:
    return shortened(value, MAX_VALUE)
