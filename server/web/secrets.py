"""The signing secret on an endpoint's Advanced tab: rotate it, and stop the former one."""

from starlette.requests import Request
from starlette.responses import Response

from server.actions import secrets as actions
from server.web import forms
from server.web.advanced import saved_secret
from server.web.endpoint_frame import TheEndpoint
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.visit import Here

router = source_pages()


@router.post("/endpoints/{endpoint_id}/secret")
async def rotate(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    """Rotate to the secret in the form, or to a new random one when the form has none."""
    form = await forms.read(request)
    typed = form.optional("secret")
    action = actions.rotate(here.services, endpoint, typed, form.text("replaces"), here.user.name)
    return await saved_secret(request, here, endpoint, action, "secret-rotated", typed or "")


@router.post("/endpoints/{endpoint_id}/secret/stop-former")
async def stop_former(request: Request, here: Here, endpoint: TheEndpoint) -> Response:
    await actions.stop_former(here.services, endpoint, here.user.name)
    return redirect(here.to(f"/endpoints/{endpoint.id}/advanced"), "secret-stopped", request)
