"""The exception handlers. Each responds with one clear sentence, as a page, a fragment or JSON."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from server.actions.endpoints import Gone
from server.delivery.repeated_lines import RepeatedLines
from server.domain.ids import unique
from server.domain.sentences import Sentence, say
from server.store import Busy
from server.web import forms, render, security
from server.web.visit import (
    SESSION_COOKIE,
    SIGNED_IN_COOKIE,
    SIGNED_OUT,
    NoSuchSource,
    OtherSource,
    SignInNeeded,
    last_visit,
    services_of,
    visit,
)

log = structlog.get_logger()
repeats = RepeatedLines()

SENTENCES = {
    400: say("The request could not be understood."),
    403: say("This is not allowed."),
    404: say("This page does not exist."),
    405: say("This address does not accept this kind of request."),
    408: say("The form took too long to arrive."),
    413: say("The request is too large."),
    422: say("The address or the form is incomplete."),
    503: say("The database is busy. Nothing was changed. Try again in a moment."),
}
WITHOUT_SIGN_IN = ("", "login", "logout", "setup", "preferences")
"""First path segments of the pages that are shown without sign-in, and ``""`` for ``/``, which leads there."""
ELSEWHERE = say("This belongs to {source}, but the form was sent to another source. Nothing was changed.", source="")
BROKEN = say("Something went wrong in Hookbench. See the log entry {id}.", id="")


@dataclass(frozen=True, slots=True)
class WayOut:
    """A link that the page about an error offers first."""

    text: Sentence
    at: str


class NotFound(Exception):
    """What the address names does not exist. ``sentence`` says what is missing, ``way_out`` leads to where it is."""

    def __init__(self, sentence: Sentence | None = None, way_out: WayOut | None = None) -> None:
        super().__init__(str(sentence or ""))
        self.sentence = sentence or SENTENCES[404]
        self.way_out = way_out


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What the page about an error shows."""

    code: int
    """The HTTP status."""
    sentence: Sentence
    way_out: WayOut | None


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(NoSuchSource, _no_such_source)
    app.add_exception_handler(OtherSource, _other_source)
    app.add_exception_handler(Gone, _gone)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _incomplete)
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(ClientDisconnect, _gone_away)
    app.add_exception_handler(Exception, _broken)


def answer(request: Request, status: int, sentence: Sentence, way_out: WayOut | None = None) -> Response:
    """The error response: a page for browsers and htmx, JSON for programs."""
    if "text/html" not in request.headers.get("accept", "") and "hx-request" not in request.headers:
        return JSONResponse({"error": str(sentence)}, status)
    values = ErrorPage(status, sentence, way_out)
    return render.page(request, "errors/error.html", None, values, block="content", status=status)


async def _sign_in(request: Request, error: Exception) -> Response:
    query = {"why": "expired"} if _was_here(request) else {}
    if page := _page_of(request):
        query["next"] = page
    return render.redirect(f"/login?{urlencode(query, safe='/')}" if query else "/login", request=request)


def _was_here(request: Request) -> bool:
    """Whether somebody was signed in: their cookie is still there, or the request comes from a page behind the sign-in.

    A forged header does no harm: this only chooses a sentence. Browsers send the ``Referer`` of our pages only to us.
    """
    if request.cookies.get(SESSION_COOKIE):
        return True
    if state := request.cookies.get(SIGNED_IN_COOKIE):
        return state != SIGNED_OUT
    return _page_before(request) is not None


def _page_before(request: Request) -> str | None:
    """The page behind the sign-in that the request comes from, by ``HX-Current-URL`` or ``Referer``; else ``None``."""
    before = request.headers.get("hx-current-url")
    if before is None and request.headers.get("sec-fetch-site") == "same-origin":
        before = request.headers.get("referer")
    parts = forms.address_in(before) if len(before or "") <= forms.MAX_ADDRESS else None
    if parts is None:
        return None
    path = forms.own_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    return path if path and parts.path.split("/")[1] not in WITHOUT_SIGN_IN else None


def _page_of(request: Request) -> str | None:
    """The page to return to after sign-in; for a posted form, the page that contains it."""
    if "hx-current-url" in request.headers or request.method != "GET":
        return _page_before(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    comes_back = request.method == "GET" and here != "/" and len(here) <= forms.MAX_ADDRESS
    return here if comes_back else None


async def _not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotFound)
    return answer(request, 404, error.sentence, error.way_out)


async def _no_such_source(request: Request, error: Exception) -> Response:
    await _look_around(request)
    return answer(request, 404, SENTENCES[404])


async def _other_source(request: Request, error: Exception) -> Response:
    """Redirect a page to its own source. Refuse a form: none of our pages posts to the wrong source."""
    assert isinstance(error, OtherSource)
    slug, rest = error.here.slugs[error.owner.id], request.url.path.split("/", 2)[2]
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{slug}/{rest}{query}", 303)
    sentence = Sentence(ELSEWHERE.text, {"source": render.source_name(error.owner)})
    return answer(request, 404, sentence)


async def _gone(request: Request, error: Exception) -> Response:
    return answer(request, 404, Gone.sentence)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    await _look_around(request)
    here = getattr(request.state, "visit", None)
    if here is not None and request.method == "GET" and request.url.path == here.base:
        return RedirectResponse(here.to("/endpoints"), 303)
    return answer(request, error.status_code, SENTENCES.get(error.status_code, SENTENCES[400]))


async def _incomplete(request: Request, error: Exception) -> Response:
    return answer(request, 422, SENTENCES[422])


async def _look_around(request: Request) -> None:
    """Look up who is signed in, so that the error page has its navigation. Strangers get none."""
    with suppress(SignInNeeded, NoSuchSource, OtherSource, Busy):
        request.state.visit = await last_visit(request, await services_of(request))
        await visit(request, await services_of(request))


async def _busy(request: Request, error: Exception) -> Response:
    log.warning("database.busy", path=request.url.path, error=str(error))
    return answer(request, 503, SENTENCES[503])


async def _gone_away(request: Request, error: Exception) -> Response:
    """The client left before it had sent the whole form. Nobody reads the response; log it at most once a minute."""
    repeats.info("request.aborted", method=request.method, path=request.url.path[:100])
    return Response(status_code=400)


async def _broken(request: Request, error: Exception) -> Response:
    error_id = unique("err")
    log.error("request.failed", id=error_id, method=request.method, path=request.url.path, exc_info=error)
    response = answer(request, 500, Sentence(BROKEN.text, {"id": error_id}))
    # uvicorn closes the connection after such a response: a proxy must not send another request on it.
    response.headers["connection"] = "close"
    # This response is sent outside the middleware that sets the security headers of all others.
    security.protect(response.headers, request.scope.get("state", {}).get("nonce", ""))
    return response
