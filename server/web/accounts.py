"""Setting up, signing in and out."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from server.actions import accounts as actions
from server.actions.accounts import SESSION_MS, Setup, SignedIn, SignInLimiter
from server.domain.sentences import Invalid, Sentence, say
from server.web import forms
from server.web.docs import html_of, pages_of
from server.web.render import page, redirect
from server.web.visit import (
    BROWSER_COOKIE,
    SESSION_COOKIE,
    SIGNED_IN_COOKIE,
    SIGNED_OUT,
    InjectedServices,
    SignInNeeded,
    last_visit,
)

router = APIRouter()

NEAR = [
    ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
]
"""Private networks in which a reverse proxy may run: this machine, or a local network."""
YEAR_SECONDS = 365 * 24 * 60 * 60

WRONG_LINK = say(
    "This set-up link is not valid. Hookbench prints the link in its terminal or log when it starts. Until the "
    "administrator is created, every start prints a new one."
)
DONE = say("The administrator already exists, so set-up links no longer work.")


@dataclass(frozen=True, slots=True)
class SetupForm:
    """What the form that creates the administrator shows."""

    token: str
    name: str = ""
    problems: Mapping[str, Sentence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WrongLink:
    """What the page about a set-up link that does not work shows."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class LoginForm:
    """What the sign-in form shows."""

    then: str
    expired: bool
    signed_out: bool
    """This browser has just signed out, so its tabs forget what was typed."""
    name: str
    problems: Mapping[str, Sentence]
    setting_up: bool


@dataclass(frozen=True, slots=True)
class ForgottenPassword:
    """What the page about forgotten passwords shows without sign-in."""

    title: str
    summary: Markup
    body: Markup


@router.get("/setup")
async def setup_form(request: Request, token: str = "") -> Response:
    if refused := _refused_link(request, token):
        return refused
    return page(request, "accounts/setup.html", None, SetupForm(token))


@router.post("/setup")
async def setup(request: Request, services: InjectedServices) -> Response:
    form = await forms.read(request, signed_in=False)
    token, name = form.text("token"), form.text("name")
    if refused := _refused_link(request, token):
        return refused
    try:
        signed_in = await actions.create_administrator(services, name, form.raw("password"), form.raw("repeated"))
    except Invalid as refusal:
        values = SetupForm(token, name, by_field(refusal))
        return page(request, "accounts/setup.html", None, values, status=422)
    request.app.state.setup = None
    return let_in(request, signed_in, "/", "welcome")


@router.get("/login")
async def login_form(request: Request, next: str = "", why: str = "") -> Response:
    return _login(request, forms.own_path(next) or "", expired=why == "expired")


@router.post("/login")
async def login(request: Request, services: InjectedServices) -> Response:
    form = await forms.read(request, signed_in=False)
    name, then = form.text("name"), form.path("next", "/")
    browser, (address, proxy) = request.cookies.get(BROWSER_COOKIE, ""), _addresses(request)
    try:
        signed_in = await actions.sign_in(
            services, tries(request), name, form.raw("password"), address, proxy=proxy, browser=browser
        )
    except Invalid as refusal:
        return _login(request, then, name, by_field(refusal), status=422)
    return let_in(request, signed_in, then)


@router.get("/docs/forgotten-password")
async def forgotten_password(request: Request, services: InjectedServices) -> Response:
    """The docs page about forgotten passwords, the only one that is shown without sign-in."""
    with suppress(SignInNeeded):
        here = await last_visit(request, services)
        return redirect(here.to("/docs/forgotten-password"))
    found = (await pages_of(request))["forgotten-password"]
    summary, body = html_of(found, "")
    return page(
        request,
        "accounts/forgotten_password.html",
        None,
        ForgottenPassword(title=found.title, summary=summary, body=body),
    )


@router.post("/logout")
async def logout(request: Request, services: InjectedServices) -> Response:
    if token := request.cookies.get(SESSION_COOKIE):
        await actions.sign_out(services, token)
    response = redirect("/login", "signed-out")
    response.delete_cookie(SESSION_COOKIE)
    _set_cookie(request, response, SIGNED_IN_COOKIE, SIGNED_OUT, YEAR_SECONDS)
    return response


def let_in(request: Request, signed_in: SignedIn, url: str, said: str | None = None) -> Response:
    """A redirect to ``url`` that sets the session and browser cookies.

    Scripts cannot read them (``HttpOnly``), and other sites' forms do not send them (``SameSite``).
    """
    response = redirect(url, said)
    for name, token, seconds in (
        (SESSION_COOKIE, signed_in.session, SESSION_MS // 1000),
        (BROWSER_COOKIE, signed_in.browser, YEAR_SECONDS),
        (SIGNED_IN_COOKIE, "1", YEAR_SECONDS),
    ):
        _set_cookie(request, response, name, token, seconds)
    return response


def _set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    public_url: str = request.app.state.services.public_url
    secure = request.url.scheme == "https" or public_url.startswith("https:")
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def _addresses(request: Request) -> tuple[str, str]:
    """(address, proxy): the address whose sign-in tries are counted, and the proxy that named it without being trusted.

    Behind a proxy on a private address that no setting names, everybody has the proxy's address, so strangers' tries
    would count as the administrator's. There the last address that the proxy names is used.
    """
    peer = request.client.host if request.client else ""
    named = request.headers.get("x-forwarded-for", "")[-100:].rpartition(",")[2].strip()
    configured: str = request.app.state.services.public_url
    if configured or not named:
        return peer, ""
    try:
        near = any(ip_address(peer) in network for network in NEAR)
        return (str(ip_address(named)), peer) if near else (peer, "")
    except ValueError:
        return peer, ""


def _has_signed_out(request: Request) -> bool:
    """Whether the browser comes here from signing out. No other site can say so: it would delete what was typed."""
    said = request.query_params.get("said") == "signed-out" and request.cookies.get(SIGNED_IN_COOKIE) == SIGNED_OUT
    return said and request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def tries(request: Request) -> SignInLimiter:
    found: SignInLimiter = request.app.state.tries
    return found


def by_field(refused: Invalid) -> Mapping[str, Sentence]:
    """The sentences of a refused form, keyed by field name."""
    return {problem.field: problem.sentence for problem in refused.problems}


def _login(
    request: Request,
    then: str,
    name: str = "",
    problems: Mapping[str, Sentence] | None = None,
    *,
    status: int = 200,
    expired: bool = False,
) -> Response:
    values = LoginForm(
        then=then,
        expired=expired,
        signed_out=_has_signed_out(request),
        name=name,
        problems=problems or {},
        setting_up=request.app.state.setup is not None,
    )
    return page(request, "accounts/login.html", None, values, status=status)


def _refused_link(request: Request, token: str) -> Response | None:
    """The page that says why this set-up link does not work; ``None`` when it does."""
    setup: Setup | None = request.app.state.setup
    if setup is not None and setup.opens_with(token):
        return None
    values = WrongLink(DONE if setup is None else WRONG_LINK)
    return page(request, "accounts/wrong_link.html", None, values, status=403)
