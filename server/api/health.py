"""``GET /healthz``: for monitors and load balancers, without sign-in. It reveals nothing of what is stored here."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.delivery.health import HealthCheck, Status


async def receive(request: Request) -> Response:
    """Respond with ``{"status": "ok", "parts": {"database": "ok", …}}``.

    The status code is 503 when events cannot be stored or a loop is stuck, otherwise 200.
    """
    check: HealthCheck = request.app.state.health
    health = await check.look()
    code = 503 if health.status is Status.FAILING else 200
    return JSONResponse({"status": health.status, "parts": dict(health.parts)}, code)
