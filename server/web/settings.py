"""The settings page, and what a reader chose: language, theme, source."""

import re
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.actions import accounts as actions
from server.domain.sentences import Refused, Sentence
from server.web import forms
from server.web.accounts import by_field, let_in, tries
from server.web.i18n import LANGUAGES
from server.web.render import THEMES, page, redirect
from server.web.visit import SOURCE_COOKIE, Here, Visit

router = APIRouter()

YEAR_SECONDS = 365 * 24 * 60 * 60
PREFERENCES = {"lang": tuple(LANGUAGES), "theme": THEMES}


@router.get("/settings")
async def settings(request: Request, here: Here) -> Response:
    return _settings(request, here)


@router.post("/settings/password")
async def change_password(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    current, password, repeated = (form.raw(name) for name in ("current", "password", "repeated"))
    try:
        session = await actions.change_password(here.bench, tries(request), here.user, current, password, repeated)
    except Refused as refused:
        return _settings(request, here, by_field(refused), status=422)
    return let_in(request, session, "/settings", "password-changed")


@router.post("/preferences")
async def prefer(request: Request) -> Response:
    """Language and theme are nobody's secret, so the sign-in page has them too."""
    form = await forms.read(request)
    response = redirect(form.path("next", "/endpoints"))
    for name, choices in PREFERENCES.items():
        if form.text(name) in choices:
            _keep(response, name, form.text(name))
    return response


@router.post("/source")
async def switch(request: Request, here: Here) -> Response:
    """Show another source. A list stays where it is; a page about one thing belongs to its source, so it is left."""
    form = await forms.read(request)
    place = re.sub(r"/(ep|msg|att)_.*", "", form.path("next", "/endpoints").partition("?")[0])
    response = redirect("/logs" if place == "/messages" else place)
    if any(source.id == form.text("source") for source in here.sources):
        _keep(response, SOURCE_COOKIE, form.text("source"))
    return response


def _keep(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_SECONDS, httponly=True, samesite="lax")


def _settings(
    request: Request, here: Visit, problems: Mapping[str, Sentence] | None = None, status: int = 200
) -> Response:
    return page(request, "settings/settings.html", here, status=status, active="settings", problems=problems or {})
