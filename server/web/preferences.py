"""Saves the reader's language, theme, density and time zone, which belong to the browser, not to an account."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.web import forms, zones
from server.web.i18n import LANGUAGES
from server.web.render import DENSITIES, THEMES, YEAR_SECONDS, redirect

router = APIRouter()

PREFERENCES = {"lang": tuple(LANGUAGES), "theme": THEMES, "density": DENSITIES}


@router.post("/preferences")
async def prefer(request: Request) -> Response:
    """Set the cookies of what was chosen. Needs no sign-in, since the sign-in page offers language and theme too."""
    form = await forms.read(request, signed_in=False)
    response = redirect(form.path("next", "/"), "preferences-saved" if form.has("tell") else None)
    for name, choices in PREFERENCES.items():
        if form.text(name) in choices:
            response.set_cookie(name, form.text(name), max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    if zones.known(form.text("zone")):
        value = zones.for_cookie(form.text("zone"))
        response.set_cookie(zones.CHOSEN_COOKIE, value, max_age=YEAR_SECONDS, httponly=True, samesite="lax")
    elif form.text("zone") == "auto":
        response.delete_cookie(zones.CHOSEN_COOKIE, httponly=True, samesite="lax")
    return response
