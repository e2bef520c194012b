"""The page "What your code can use": the contract of handler, the globals, the limits, and what differs from V8."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.sandbox.differences import DIFFERENCES
from server.web.render import page
from server.web.visit import Here

router = APIRouter()


@router.get("/docs/code")
async def code(request: Request, here: Here) -> Response:
    limits = request.app.state.settings.limits
    return page(request, "docs/code.html", here, limits=limits, differences=DIFFERENCES)
