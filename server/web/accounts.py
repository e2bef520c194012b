"""Setting up, signing in and out."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.actions import accounts as actions
from server.actions.accounts import SESSION_MS, Setup, Tries
from server.domain.sentences import Refused, Sentence, say
from server.web import forms
from server.web.render import page, redirect
from server.web.visit import SESSION_COOKIE, Bench

router = APIRouter()

WRONG_LINK = say(
    "This set-up link is not the right one. Hookbench prints it where it was started: in its terminal, or in its log. "
    "It changes with every start until the administrator is created."
)
DONE = say("The administrator was created already, so set-up links no longer work.")


@router.get("/setup")
async def setup_form(request: Request, token: str = "") -> Response:
    if refused := _refused_link(request, token):
        return refused
    return page(request, "accounts/setup.html", token=token, name="", problems={})


@router.post("/setup")
async def setup(request: Request, bench: Bench) -> Response:
    form = await forms.read(request, signed_in=False)
    token, name = form.text("token"), form.text("name")
    if refused := _refused_link(request, token):
        return refused
    try:
        session = await actions.create_administrator(bench, name, form.raw("password"), form.raw("repeated"))
    except Refused as refusal:
        problems = by_field(refusal)
        return page(request, "accounts/setup.html", status=422, token=token, name=name, problems=problems)
    request.app.state.setup = None
    return let_in(request, session, "/endpoints", "welcome")


@router.get("/login")
async def login_form(request: Request, next: str = "") -> Response:
    return _login(request, forms.own_path(next) or "")


@router.post("/login")
async def login(request: Request, bench: Bench) -> Response:
    form = await forms.read(request, signed_in=False)
    name, then = form.text("name"), form.path("next", "/endpoints")
    address = request.client.host if request.client else ""
    try:
        session = await actions.sign_in(bench, tries(request), name, form.raw("password"), address)
    except Refused as refusal:
        return _login(request, then, name, by_field(refusal), status=422)
    return let_in(request, session, then)


@router.post("/logout")
async def logout(request: Request, bench: Bench) -> Response:
    if token := request.cookies.get(SESSION_COOKIE):
        await actions.sign_out(bench, token)
    response = redirect("/login", "signed-out")
    response.delete_cookie(SESSION_COOKIE)
    return response


def let_in(request: Request, session: str, url: str, said: str | None = None) -> Response:
    """Go on with a session's token in a cookie that scripts cannot read and other sites' forms do not send."""
    response = redirect(url, said)
    public_url: str = request.app.state.bench.public_url
    secure = request.url.scheme == "https" or public_url.startswith("https:")
    response.set_cookie(
        SESSION_COOKIE, session, max_age=SESSION_MS // 1000, httponly=True, samesite="lax", secure=secure
    )
    return response


def tries(request: Request) -> Tries:
    found: Tries = request.app.state.tries
    return found


def by_field(refused: Refused) -> Mapping[str, Sentence]:
    """The sentences of a refusal by the names of their fields."""
    return {problem.field: problem.sentence for problem in refused.problems}


def _login(
    request: Request, then: str, name: str = "", problems: Mapping[str, Sentence] | None = None, status: int = 200
) -> Response:
    setting_up = request.app.state.setup is not None
    return page(
        request,
        "accounts/login.html",
        status=status,
        then=then,
        name=name,
        problems=problems or {},
        setting_up=setting_up,
    )


def _refused_link(request: Request, token: str) -> Response | None:
    """The page that says why this link does not open the set-up; ``None`` when it does."""
    setup: Setup | None = request.app.state.setup
    if setup is not None and setup.opens_with(token):
        return None
    return page(request, "accounts/wrong_link.html", status=403, sentence=DONE if setup is None else WRONG_LINK)
