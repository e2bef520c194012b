"""Handles a form once that arrives twice: by a double click without scripts, or by a retry after a lost connection."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import wraps
from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.web import forms
from server.web.visit import Visit

FIELD = "once"
"""The hidden field that ``ui.once()`` fills anew for each form of each page."""
MAX_KEPT = 500
"""Responses that are remembered, those of all people together; a form comes twice within seconds."""

Handler = Callable[..., Awaitable[Response]]

_handled: OrderedDict[str, asyncio.Future[Response | None]] = OrderedDict()
"""Which form → the redirect it was answered with. Its keys contain a random part, so that all apps can share it."""


def once(handler: Handler) -> Handler:
    """The route, which answers the same form of the same person again without doing again what it starts.

    A form with other fields, or one that was refused, is handled. This process remembers, no other.
    """

    return _once(handler, _fields)


def once_with_file(name: str, max_bytes: int) -> Callable[[Handler], Handler]:
    """The same for a form with a file in the field ``name``, see ``forms.read_file``."""

    async def fields(request: Request) -> tuple[str, object]:
        posted = await forms.read_file(request, name, max_bytes)
        content = await asyncio.to_thread(lambda: sha256(posted.content).hexdigest())
        return posted.fields.get(FIELD, ""), (content, sorted(posted.fields.items()))

    return lambda handler: _once(handler, fields)


def _once(handler: Handler, fields: Callable[[Request], Awaitable[tuple[str, object]]]) -> Handler:
    """``fields`` returns the field ``once``, and all of the form, to be compared."""

    @wraps(handler)
    async def handled(request: Request, here: Visit, **rest: Any) -> Response:
        key = _key(request, here, *await fields(request))
        if key is None:
            return await handler(request=request, here=here, **rest)
        while (earlier := _handled.get(key)) is not None:
            if (answer := await asyncio.shield(earlier)) is not None:
                return _copied(answer)
        _handled[key] = promise = asyncio.get_running_loop().create_future()
        answer = None
        try:
            answer = await handler(request=request, here=here, **rest)
        finally:
            _keep(key, promise, answer)
        return answer

    return handled


async def _fields(request: Request) -> tuple[str, object]:
    form = await forms.read(request)
    return form.raw(FIELD), sorted(form.fields.items())


def _key(request: Request, here: Visit, token: str, whole: object) -> str | None:
    if not re.fullmatch(r"once_\w{1,60}", token):
        return None
    parts = (here.user.id, request.url.path, request.headers.get("hx-request"), whole)
    return sha256(repr(parts).encode()).hexdigest()


def _keep(key: str, promise: asyncio.Future[Response | None], answer: Response | None) -> None:
    """Remember a redirect; anything else is a page with the form again, or an error."""
    led_on = answer is not None and ("location" in answer.headers or "hx-redirect" in answer.headers)
    promise.set_result(answer if led_on else None)
    if not led_on:
        _handled.pop(key, None)  # hundreds of other forms may have come meanwhile
    elif len(_handled) > MAX_KEPT:
        _handled.popitem(last=False)


def _copied(answer: Response) -> Response:
    """The middleware adds headers to what it sends, so each request gets a response of its own."""
    return Response(answer.body, answer.status_code, dict(answer.headers))
