"""The columns of the log: which there are, and which of them a browser shows, as its cookie says."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.domain.sentences import Sentence, say
from server.web import forms
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.visit import Here

router = source_pages()

YEAR_SECONDS = 365 * 24 * 60 * 60

OF_MESSAGES: Mapping[str, Sentence] = {
    "type": say("Event type"),
    "customer": say("Customer"),
    "email": say("E-mail"),
    "amount": say("Amount"),
    "reference": say("ID"),
    "deliveries": say("Deliveries"),
    "response": say("Response"),
    "duration": say("Duration"),
    "message": say("Message ID"),
    "event": say("Event ID"),
    "time": say("Received"),
}
OF_ATTEMPTS: Mapping[str, Sentence] = {
    "status": say("Status"),
    "type": say("Event type"),
    "customer": say("Customer"),
    "email": say("E-mail"),
    "amount": say("Amount"),
    "reference": say("ID"),
    "endpoint": say("Endpoint"),
    "version": say("Version"),
    "response": say("Response"),
    "duration": say("Duration"),
    "message": say("Message ID"),
    "attempt": say("Attempt ID"),
    "time": say("Attempted"),
}
USUAL_OF_MESSAGES = frozenset({"type", "customer", "amount", "reference", "deliveries", "response", "time"})
USUAL_OF_ATTEMPTS = frozenset({"status", "type", "customer", "reference", "endpoint", "response", "time"})
MAX_WITH_ROOM = 8
ALWAYS = frozenset({"type"})
"""The column whose text leads to the message."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one of the two lists."""

    known: Mapping[str, Sentence]
    shown: Sequence[str]

    @staticmethod
    def of(request: Request, view: str) -> "Columns":
        """The columns that the reader's browser shows; the usual ones if it has chosen none."""
        known = known_of(view)
        kept = request.cookies.get(cookie_of(view))
        chosen: Collection[str] = (kept or "").split(".")[: len(known)] if kept else usual_of(view)
        return Columns(known, [name for name in known if name in chosen or name in ALWAYS])

    @property
    def many(self) -> bool:
        """Whether they are more than a wide screen has room for."""
        return len(self.shown) > MAX_WITH_ROOM

    @property
    def choices(self) -> Sequence[tuple[str, Sentence, bool]]:
        """(name, words, whether it is shown) of each column that can be hidden."""
        return [(name, words, name in self.shown) for name, words in self.known.items() if name not in ALWAYS]


def known_of(view: str) -> Mapping[str, Sentence]:
    return OF_ATTEMPTS if view else OF_MESSAGES


def usual_of(view: str) -> Collection[str]:
    return USUAL_OF_ATTEMPTS if view else USUAL_OF_MESSAGES


def cookie_of(view: str) -> str:
    """The cookie that keeps the columns of messages or of attempts."""
    return "attempt_columns" if view else "message_columns"


@router.post("/logs/columns")
async def choose(request: Request, here: Here) -> Response:
    """Keep the columns of a list in this browser, and go back to the list."""
    form = await forms.read(request)
    view = form.text("view")
    chosen = usual_of(view) if form.text("usual") else form.every("column")
    names = [name for name in known_of(view) if name in chosen]
    response = redirect(form.path("next", here.to("/logs")))
    response.set_cookie(cookie_of(view), ".".join(names) or "type", max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return response
