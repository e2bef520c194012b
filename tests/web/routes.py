"""What the application answers, as a list."""

from collections.abc import Iterator

from fastapi import FastAPI


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, path) of everything that the application answers."""
    for route in _walk(app.routes):
        for method in sorted(getattr(route, "methods", None) or {"GET"}):
            if method != "HEAD":
                yield method, route.path  # type: ignore[attr-defined]


def _walk(found: object) -> Iterator[object]:
    for route in found:  # type: ignore[attr-defined]
        if hasattr(route, "path"):
            yield route
        else:
            router = getattr(route, "original_router", None) or route
            yield from _walk(router.routes)
