"""What the filter of an endpoint's form can be completed with."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.web import drafts
from server.web.render import context_of, fragment
from server.web.visit import Here

router = APIRouter()


@router.get("/conditions/paths")
async def paths(request: Request, here: Here) -> Response:
    """The fields that the event types chosen in the tree have, as the form's list of completions."""
    query = request.query_params
    chosen = None if query.get("listen", "all") == "all" else query.getlist("event_types")
    context = context_of(request, here, paths=drafts.paths_of(chosen))
    return HTMLResponse(fragment("endpoints/conditions.html", "paths", context))
