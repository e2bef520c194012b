"""Who is signed in, and which source they view: the dependency of every page behind the sign-in.

The source is the first part of the address (``/test/…``, ``/live/…``), so that a link shows everybody the same page
and a form goes to the source under which it was opened, whatever other tabs show.
"""

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from server.actions.accounts import hash_of
from server.actions.services import Services
from server.domain.ids import SourceId
from server.domain.sources import Source, slugs
from server.store import Transaction, accounts, operational_events, sources
from server.store.accounts import User

SESSION_COOKIE = "session"
SIGNED_IN_COOKIE = "signed_in"
"""States only that somebody signed in here, or has signed out (``SIGNED_OUT``). It outlives the session, so that the
sign-in page can say that the session has expired, and does not say so after signing out."""
SIGNED_OUT = "0"
BROWSER_COOKIE = "browser"
"""Stays after signing out: sign-in tries from a browser that once signed in are counted apart from strangers'."""
LAST_SOURCE_COOKIE = "last_source"
"""The slug of the source that was opened last. It only decides where an address without a source, such as ``/``,
redirects to; never what a page shows or where a form goes."""
_BESIDE_PYTHON = Path(sys.executable).with_name("hookbench")
_PROGRAM = str(_BESIDE_PYTHON) if _BESIDE_PYTHON.exists() else "hookbench"


class SignInNeeded(Exception):
    """Nobody is signed in. The error handler redirects to the sign-in page, which leads back."""


class NoSuchSource(Exception):
    """The address names no source."""


class OtherSource(Exception):
    """What the address names belongs to another source than the address says. The error handler redirects there."""

    def __init__(self, here: "Visit", owner: Source) -> None:
        super().__init__(owner.id)
        self.here = here
        self.owner = owner


@dataclass(frozen=True, slots=True)
class Visit:
    services: Services
    user: User
    sources: Sequence[Source]
    source: Source
    """The source that the pages show."""
    slugs: Mapping[SourceId, str]
    """The first part of each source's addresses."""
    unseen_by_source: Mapping[SourceId, int]

    @property
    def base(self) -> str:
        """The start of the addresses of all pages of the source, such as ``/test``."""
        return f"/{self.slugs[self.source.id]}"

    @property
    def unseen(self) -> int:
        """How many operational events of the source are unseen."""
        return self.unseen_by_source[self.source.id]

    @property
    def send_command(self) -> str:
        """The command that sends a signed sample to the source, from any folder of this machine."""
        of_source = ("--source", self.slugs[self.source.id], "--data", str(self.services.data))
        return shlex.join([_PROGRAM, "send", "payment.succeeded", *of_source])

    def to(self, path: str) -> str:
        """The address of a page of the source: ``/logs`` → ``/test/logs``."""
        return self.base + path

    def check_owner(self, source_id: SourceId | None) -> None:
        """Raise ``OtherSource`` when the page's subject, owned by ``source_id``, belongs to another source."""
        if source_id == self.source.id:
            return
        if owner := next((source for source in self.sources if source.id == source_id), None):
            raise OtherSource(self, owner)


async def services_of(request: Request) -> Services:
    """The application's services. ``async``, since FastAPI runs other functions in a thread."""
    services: Services = request.app.state.services
    return services


async def visit(request: Request, services: Annotated[Services, Depends(services_of)]) -> Visit:
    """The visit to the source that the address names. Raises ``SignInNeeded``, ``NoSuchSource``, ``OtherSource``."""
    here = await last_visit(request, services)
    named = request.url.path.split("/")[1]
    source = next((source for source in here.sources if here.slugs[source.id] == named), None)
    if source is None:
        here.check_owner(SourceId(named))  # an address may contain the id instead of the slug
        raise NoSuchSource
    request.state.visit = Visit(services, here.user, here.sources, source, here.slugs, here.unseen_by_source)
    found: Visit = request.state.visit
    return found


async def last_visit(request: Request, services: Annotated[Services, Depends(services_of)]) -> Visit:
    """The visit to the source that was opened last in this browser; by default the oldest, Test.

    Raises ``SignInNeeded``.
    """
    token = request.cookies.get(SESSION_COOKIE)
    if not token:
        raise SignInNeeded

    def query(tx: Transaction) -> tuple[User | None, list[Source], dict[SourceId, int]]:
        user = accounts.signed_in(tx, hash_of(token), services.now())
        return user, sources.every(tx), operational_events.unseen(tx)

    user, every, unseen = await services.store.read(query)
    if user is None:
        raise SignInNeeded
    by_id = slugs(every)
    last = request.cookies.get(LAST_SOURCE_COOKIE)
    source = next((source for source in every if by_id[source.id] == last), every[0])
    return Visit(services, user, every, source, by_id, unseen)


InjectedServices = Annotated[Services, Depends(services_of)]
Here = Annotated[Visit, Depends(visit)]
LastHere = Annotated[Visit, Depends(last_visit)]
