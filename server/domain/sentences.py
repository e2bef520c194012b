"""Sentences for people: an English template with named values, translated when it is shown."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sentence:
    """``Sentence("The {name} header is reserved.", {"name": "host"})``; ``text`` is also the key of its translation."""

    text: str
    values: dict[str, "str | int | Sentence"] = field(default_factory=dict)
    """A value that is a sentence is translated too."""

    def __str__(self) -> str:
        return self.text.format(**self.values) if self.values else self.text


def say(text: str, **values: str | int | Sentence) -> Sentence:
    """A sentence with these values: ``say("At most {limit} headers.", limit=50)``."""
    return Sentence(text, values)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a form. ``field`` is the field's name in the form, such as ``url``."""

    field: str
    sentence: Sentence


class Invalid(Exception):
    """An action was refused; ``problems`` says what to correct in which field."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.field}: {p.sentence}" for p in problems))
        self.problems = problems
