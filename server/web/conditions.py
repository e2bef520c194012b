"""Completions for the filter's paths in an endpoint's form."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.web import endpoint_form
from server.web.page_routes import source_pages
from server.web.render import context_of, fragment
from server.web.visit import Here

router = source_pages()


@dataclass(frozen=True, slots=True)
class Completions:
    """What the list of completions shows."""

    paths: Sequence[tuple[str, str]]
    """(path, sample value) of each field."""


@router.get("/conditions/paths")
async def paths(request: Request, here: Here) -> Response:
    """The form's list of completions: the fields of the event types that are chosen in the tree."""
    query = request.query_params
    chosen = None if query.get("listen", "all") == "all" else query.getlist("event_types")
    context = context_of(request, here, Completions(endpoint_form.paths_of(chosen)))
    return HTMLResponse(fragment("endpoints/conditions.html", "paths", context))
