"""Saves the reader's language and theme. They belong to the browser, not to an account or a source."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.web import forms
from server.web.i18n import LANGUAGES
from server.web.render import THEMES, YEAR_SECONDS, redirect

router = APIRouter()

PREFERENCES = {"lang": tuple(LANGUAGES), "theme": THEMES}


@router.post("/preferences")
async def prefer(request: Request) -> Response:
    """Set the cookies of language and theme. Needs no sign-in, since the sign-in page offers both too."""
    form = await forms.read(request, signed_in=False)
    response = redirect(form.path("next", "/"))
    for name, choices in PREFERENCES.items():
        if form.text(name) in choices:
            response.set_cookie(name, form.text(name), max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    return response
