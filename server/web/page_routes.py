"""Finds the route of a page by the shape of its address.

FastAPI alone tries the pattern of each route, one after another: with 160 routes that takes 3 ms of the event loop for
each page, and as long for each address that does not exist.
"""

from collections.abc import Iterable

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

Shape = tuple[int, str]
"""How many segments an address has, and the one behind the source: ``/test/logs/attempts`` is ``(3, "logs")``."""

ANY = "{}"
"""Stands for a segment that is a parameter."""


def source_pages() -> APIRouter:
    """A router for pages whose addresses begin with the source, such as ``/test/logs``."""
    return APIRouter(prefix="/{source}")


class PageRoutes(BaseRoute):
    """All routes of pages as one route, which asks only those whose shape an address has, in their order."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self.routes = [route for router in routers for route in router.routes if isinstance(route, Route)]
        shapes = {shape for route in self.routes if (shape := _shape_of(route)) is not None}
        shapes |= {(length, ANY) for length, _ in shapes}
        self._by_shape = {shape: [route for route in self.routes if _suits(route, shape)] for shape in shapes}
        self._of_any_shape = [route for route in self.routes if _shape_of(route) is None]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        partial: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._candidates(scope["path"]):
            match, child_scope = route.matches(scope)
            if match == Match.FULL:
                return match, child_scope
            if match == Match.PARTIAL and partial[0] == Match.NONE:
                partial = (match, child_scope)
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the route that ``matches`` has put into the scope."""
        await scope["route"].handle(scope, receive, send)

    def _candidates(self, path: str) -> list[Route]:
        if path.count("/") > _DEEPEST:
            return self._of_any_shape
        _, *segments = path.split("/")
        second = segments[1] if len(segments) > 1 else ""
        found = self._by_shape.get((len(segments), second))
        return self._by_shape.get((len(segments), ANY), self._of_any_shape) if found is None else found


_DEEPEST = 20
"""Slashes of the deepest page, and more: a path of thousands of slashes is not taken apart."""


def _shape_of(route: Route) -> Shape | None:
    """The shape of the addresses that a route answers to; ``None`` if one of its parameters takes slashes too."""
    if ":path}" in route.path:
        return None
    _, *segments = route.path.split("/")
    second = segments[1] if len(segments) > 1 else ""
    return len(segments), ANY if "{" in second else second


def _suits(route: Route, shape: Shape) -> bool:
    own = _shape_of(route)
    return own is None or own in (shape, (shape[0], ANY))
