"""Why an attempt did not succeed, in the reader's language."""

from collections.abc import Mapping

from server.domain.messages import AttemptError
from server.domain.reasons import as_sentence
from server.domain.sentences import Sentence, say
from server.domain.transformations import FailureKind
from server.web import i18n

KINDS: Mapping[str, Sentence] = {
    FailureKind.SYNTAX: say("Syntax error"),
    FailureKind.THREW: say("Error thrown"),
    FailureKind.NO_HANDLER: say("No handler"),
    FailureKind.BAD_RESULT: say("Invalid result"),
    FailureKind.TIME_LIMIT: say("Time limit exceeded"),
    FailureKind.MEMORY_LIMIT: say("Memory limit exceeded"),
    FailureKind.CRASHED: say("Crashed"),
    FailureKind.INTERNAL: say("Hookbench fault"),
    "address": say("Address not allowed"),
    "broken answer": say("Invalid response"),
    "contract": say("Contract not met"),
    "rejected": say("Rejected by the destination"),
    "certificate": say("Certificate not accepted"),
    "name": say("Host not found"),
    "no route": say("No route to destination"),
    "refused": say("Connection refused"),
    "request": say("Invalid request"),
    "reset": say("Connection reset"),
    "stopped": say("Hookbench was stopped"),
    "timeout": say("Timeout"),
    "tls": say("TLS connection failed"),
}


def kind_of(error: AttemptError) -> str:
    """The reason in a word or two."""
    known = KINDS.get(error.kind)
    return i18n.in_words(known) if known else error.kind.capitalize()


def reason(error: AttemptError) -> str:
    """The reason in a sentence. Messages thrown by the user's code, and those of older versions, stay untranslated."""
    return i18n.in_words(as_sentence(error.cause))
