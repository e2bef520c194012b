"""Who is here, and which source they look at: the dependency of every page behind the sign-in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from server.actions.accounts import hash_of
from server.actions.workbench import Workbench
from server.domain.ids import SourceId
from server.domain.sources import Source
from server.store import Transaction, accounts, notices, sources
from server.store.accounts import User

SESSION_COOKIE = "session"
BROWSER_COOKIE = "browser"
"""Stays after signing out: the tries of a browser that somebody signed in with are counted apart from strangers'."""
SOURCE_COOKIE = "source"


class SignInNeeded(Exception):
    """Raised by ``visit``; the error handler leads to the sign-in page and back."""


@dataclass(frozen=True, slots=True)
class Visit:
    bench: Workbench
    user: User
    sources: Sequence[Source]
    source: Source
    """The source that the pages show: Test or Live."""
    unseen_by_source: Mapping[SourceId, int]

    @property
    def unseen(self) -> int:
        """How many operational events of the source nobody has looked at."""
        return self.unseen_by_source[self.source.id]

    def at(self, source_id: str) -> "Visit":
        """This visit as seen from the source of the thing that a page is about."""
        found = next((source for source in self.sources if source.id == source_id), self.source)
        return replace(self, source=found)


async def workbench(request: Request) -> Workbench:
    """The parts of the application. ``async``, since FastAPI calls other functions in a thread."""
    bench: Workbench = request.app.state.bench
    return bench


async def visit(request: Request, bench: Annotated[Workbench, Depends(workbench)]) -> Visit:
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise SignInNeeded

    def look(tx: Transaction) -> tuple[User | None, list[Source], dict[SourceId, int]]:
        every = sources.every(tx)
        unseen = {source.id: notices.unseen(tx, source.id) for source in every}
        return accounts.signed_in(tx, hash_of(token), bench.now()), every, unseen

    user, every, unseen = await bench.store.read(look)
    if user is None:
        raise SignInNeeded
    chosen = request.cookies.get(SOURCE_COOKIE)
    source = next((source for source in every if source.id == chosen), every[0])
    return Visit(bench, user, every, source, unseen)


Bench = Annotated[Workbench, Depends(workbench)]
Here = Annotated[Visit, Depends(visit)]
