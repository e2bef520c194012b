"""The routes that the shape of an address leaves are enough: the route found is the one that a walk over all finds."""

import re

import pytest
from quick_start import quick_app
from starlette.routing import Match
from starlette.types import Scope

from server.settings import Settings
from server.web.page_routes import PageRoutes


@pytest.fixture(scope="module")
def pages() -> PageRoutes:
    return next(route for route in quick_app(Settings()).router.routes if isinstance(route, PageRoutes))


def scope_of(method: str, path: str) -> Scope:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": [], "query_string": b""}


def walked(pages: PageRoutes, scope: Scope) -> tuple[Match, object]:
    found = [(match, child.get("route")) for match, child in (route.matches(scope) for route in pages.routes)]
    full = [one for one in found if one[0] is Match.FULL]
    partial = [one for one in found if one[0] is Match.PARTIAL]
    return next(iter(full or partial), (Match.NONE, None))


def addresses(pages: PageRoutes) -> set[str]:
    filled = {re.sub(r"\{[^}]+\}", "x", route.path) for route in pages.routes}
    return filled | {f"{path}/" for path in filled} | {f"{path}/y" for path in filled} | {"/", "//", "/x", "/x" * 5000}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
def test_each_address_leads_where_a_walk_over_all_routes_leads(pages: PageRoutes, method: str) -> None:
    assert len(pages.routes) > 100
    for path in addresses(pages):
        match, child = pages.matches(scope_of(method, path))
        assert (match, child.get("route")) == walked(pages, scope_of(method, path)), path
