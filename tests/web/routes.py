"""Lists the application's routes."""

from collections.abc import Iterator

from fastapi import FastAPI


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, path) of every route, without HEAD."""
    for path, route in _walk(app.routes):
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            if method != "HEAD":
                yield method, path


def _walk(found: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    for route in found:  # type: ignore[attr-defined]
        if hasattr(route, "path"):
            yield prefix + route.path, route
        else:
            router = getattr(route, "original_router", None) or route
            context = getattr(route, "include_context", None)
            yield from _walk(router.routes, prefix + (context.prefix if context else ""))
