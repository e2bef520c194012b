"""The sections of the settings that tell facts and what belongs to this browser."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import Response

from server.domain.sentences import Sentence, say
from server.sandbox.limits import Fence
from server.store import Transaction, usage
from server.web import zones
from server.web.page_routes import source_pages
from server.web.settings_frame import section_page
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class ZonesPage:
    every_zone: Sequence[tuple[str, str]]
    """Each time zone with its name as it is shown."""
    browser_zone: str
    """The zone of this browser; empty before its first page with scripts."""
    now: int


@dataclass(frozen=True, slots=True)
class RetentionPage:
    days: int
    """Days that events and attempts are kept; 0 for ever."""
    database: str
    size: int
    growth: int | None
    """Bytes since ``since``; ``None`` before a day has passed."""
    since: int
    """Milliseconds."""


@dataclass(frozen=True, slots=True)
class NetworksPage:
    allowed: Sequence[str]
    fixed: Sequence[str]
    public_url: str
    hosts: Sequence[str]
    proxies: Sequence[str]


@dataclass(frozen=True, slots=True)
class AccountPage:
    problems: Mapping[str, Sentence] = field(default_factory=dict)


FENCE_NAMES: Mapping[str, Sentence] = {
    "no new privileges": say("No new privileges"),
    "landlock": say("Files (Landlock)"),
    "resource limits": say("Resource limits"),
    "seccomp": say("System calls (seccomp)"),
}


@dataclass(frozen=True, slots=True)
class AboutPage:
    database: str
    python: str
    engine: str
    """The JavaScript engine with its version."""
    fences: Sequence[Fence]
    fence_names: Mapping[str, Sentence] = field(default_factory=lambda: FENCE_NAMES)


@router.get("/settings/appearance")
async def appearance(request: Request, here: Here) -> Response:
    return section_page(request, here, "appearance")


@router.get("/settings/language")
async def language(request: Request, here: Here) -> Response:
    now = here.services.now()
    every = zones.every_zone(datetime.fromtimestamp(now / 1000, zones.UTC_ZONE))
    return section_page(request, here, "language", ZonesPage(every, zones.of_browser(request.cookies), now))


@router.get("/settings/retention")
async def retention(request: Request, here: Here) -> Response:
    def query(tx: Transaction) -> tuple[str, int, dict[int, int]]:
        return usage.database_name(tx), usage.size(tx), usage.sizes(tx)

    database, size, by_day = await here.services.store.read(query)
    first = min(by_day, default=0)
    grown = size - by_day[first] if by_day and first < here.services.now() // usage.DAY_MS else None
    days = request.app.state.settings.retention_days
    values = RetentionPage(days, database, size, grown, first * usage.DAY_MS)
    return section_page(request, here, "retention", values)


@router.get("/settings/networks")
async def networks(request: Request, here: Here) -> Response:
    chosen = request.app.state.settings
    values = NetworksPage(
        chosen.allow_networks, chosen.resolve, here.services.public_url, chosen.allowed_hosts, chosen.trusted_proxies
    )
    return section_page(request, here, "networks", values)


@router.get("/settings/account")
async def account(request: Request, here: Here) -> Response:
    return account_page(request, here)


@router.get("/settings/about")
async def about(request: Request, here: Here) -> Response:
    values = AboutPage(
        database=await here.services.store.read(usage.database_name),
        python=platform.python_version(),
        engine=f"QuickJS-ng {version('quickjs-ng')}",
        fences=here.services.sandbox.fences(),
    )
    return section_page(request, here, "about", values)


def account_page(
    request: Request, here: Visit, problems: Mapping[str, Sentence] | None = None, status: int = 200
) -> Response:
    """The section with the password, and what is wrong with what was typed."""
    return section_page(request, here, "account", AccountPage(problems or {}), status=status)
