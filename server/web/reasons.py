"""Why an attempt did not succeed, in the reader's language.

An attempt keeps its reason as English text with the values in it: the worker writes it for readers not yet known. Shown
in another language, the text is recognised as the sentence it was made from. What somebody's own code threw, and what
JavaScript itself says of a mistake, stays as it is.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from server.domain.messages import AttemptError
from server.domain.sentences import Sentence, say
from server.domain.transformations import FailureKind
from server.web import i18n

KINDS: Mapping[str, Sentence] = {
    FailureKind.SYNTAX: say("Syntax error"),
    FailureKind.THREW: say("The code threw an error"),
    FailureKind.NO_HANDLER: say("No handler"),
    FailureKind.BAD_RESULT: say("Bad result"),
    FailureKind.TIME_LIMIT: say("Time limit"),
    FailureKind.MEMORY_LIMIT: say("Memory limit"),
    FailureKind.CRASHED: say("Crashed"),
    FailureKind.INTERNAL: say("Fault of Hookbench"),
    "address": say("Address refused"),
    "broken answer": say("Broken answer"),
    "certificate": say("Certificate not accepted"),
    "name": say("Name not found"),
    "no route": say("No way to the destination"),
    "refused": say("Connection refused"),
    "request": say("Not a request that can be sent"),
    "reset": say("Connection broken"),
    "stopped": say("Hookbench was stopped"),
    "timeout": say("Timeout"),
    "tls": say("No encrypted connection"),
}

SANDBOX_SAYS = (
    say("The code declares no function named handler. Write: {code}"),
    say("handler returned a promise that never settles. There are no timers and no network to wait for."),
    say("handler returned {kind}. End it with `return webhook`, or with `return null` to send nothing."),
    say("webhook.{name} must be a string, not {kind}."),
    say("webhook.headers must be an object of names and values, not {kind}."),
    say("webhook.headers has more than {limit} entries."),
    say("The header {name} must be a string, a number or a boolean, not {kind}."),
    say("webhook.payload is {kind}. Set it to what is to be sent, and `return webhook`."),
    say("webhook.payload is nested too deeply to be sent."),
    say("The result is larger than {limit} KiB. Send less."),
    say("The code ran longer than {seconds} s and was stopped."),
    say("The code used more than {limit} MiB of memory and was stopped."),
    say("The code made the engine try what the sandbox forbids, and was stopped."),
    say("The JavaScript engine crashed ({signal})."),
    say("The sandbox could not run the code."),
    say("The sandbox gave an answer that cannot be used ({reason})."),
    say("The code could not be checked."),
    say(
        "Hookbench could not run the code: its process ended {times} times, through no fault that is known of the code."
    ),
    say("Hookbench could not run the code, through a fault of its own ({reason})."),
    say("Hookbench could not provide the locale data {part}, through a fault of its own ({reason})."),
    say("The code asked for more than {limit} pieces of locale data in one run."),
    say("an array"),
    say("an object"),
    say("a string"),
    say("a number"),
    say("a boolean"),
    say("a function"),
    say("a BigInt"),
    say("a symbol"),
)
"""The sandbox's sentences. Much of it runs where nothing of ours can be imported, so they are gathered here."""

NESTED = frozenset({"kind", "problem"})
"""Values that are sentences, or parts of them, themselves."""


def kind_of(error: AttemptError) -> str:
    """The reason in a word or two."""
    known = KINDS.get(error.kind)
    return i18n.in_words(known) if known else error.kind.capitalize()


def reason(error: AttemptError) -> str:
    """The reason in a sentence."""
    language = i18n.current.get()
    if language == "en" or error.kind in (FailureKind.SYNTAX, FailureKind.THREW):
        return error.message
    return _retold(language, error.message)


@lru_cache(maxsize=1000)
def _retold(language: str, text: str) -> str:
    if (translated := i18n.gettext(text)) != text:
        return translated
    for pattern, translation in _patterns(language):
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            return translation.format(**{name: _value(language, name, value) for name, value in values.items()})
    return text


def _value(language: str, name: str, value: str) -> str:
    if name == "parts":  # of an endpoint that cannot be read
        return i18n.gettext(", ").join(_retold(language, part) for part in value.split(", "))
    return _retold(language, value) if name in NESTED else value


@cache
def _patterns(language: str) -> Sequence[tuple[re.Pattern[str], str]]:
    """How each sentence with values looks once they are put in, and its translation; the longest sentence first."""
    by_length = sorted(i18n.with_values(language).items(), key=lambda pair: len(pair[0]), reverse=True)
    return [(_pattern(text), translation) for text, translation in by_length]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    named = [_named(part, parts[1:at:2]) if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(named), re.DOTALL)


def _named(name: str, before: Sequence[str]) -> str:
    """A value, which is the same wherever the sentence has it again."""
    return f"(?P={name})" if name in before else f"(?P<{name}>.+)"
