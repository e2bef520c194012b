"""Reads values of a file that a person wrote, one by one. A mistake is told with its place and in one sentence."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from server.domain.sentences import Sentence, say

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class MalformedFile(ValueError):
    """A file cannot be used. ``path`` is the key, such as ``expect.assertions[0].path``; ``sentence`` says why."""

    def __init__(self, path: str, sentence: Sentence, file: str = "") -> None:
        """``file``: the file, if it is one of several."""
        said = f"{path} {sentence}" if path else str(sentence)
        super().__init__(f"{file}: {said}" if file else said)
        self.file = file
        self.path = path
        self.sentence = sentence


def as_object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedFile(place, say("must be an object.") if place else say("It must be a JSON object: { … }."))
    return value


def only_keys(table: Mapping[str, Any], place: str, known: Iterable[str]) -> None:
    """Refuse a key that is not known: it is a misspelling."""
    for key in table:
        if key not in known:
            path = f"{place}.{key[:80]}" if place else key[:80]
            raise MalformedFile(path, say("is not a key that is known here."))


def needed(table: Mapping[str, Any], key: str, place: str) -> Any:
    if key not in table:
        raise MalformedFile(f"{place}.{key}" if place else key, say("is missing."))
    return table[key]


def as_text(value: Any, place: str, most: int) -> str:
    if not isinstance(value, str):
        raise MalformedFile(place, say("must be text."))
    if len(value) > most:
        raise MalformedFile(place, say("is longer than {limit} characters.", limit=most))
    return value


def as_line(value: Any, place: str, most: int) -> str:
    """Text of one line, without spaces around it."""
    text = as_text(value, place, most).strip()
    if not text:
        raise MalformedFile(place, say("must not be empty."))
    if _CONTROL.search(text):
        raise MalformedFile(place, say("must be one line of text."))
    return text
