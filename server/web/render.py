"""Renders a template as a response: the whole page, or one block of it when htmx asks for a fragment."""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from server import __version__
from server.actions import effects
from server.assets import templates_dir
from server.domain.endpoints import PARTS
from server.domain.masking import tail
from server.domain.sentences import Sentence, say
from server.domain.signing import fingerprint
from server.web import i18n, plans, reasons
from server.web.pretty import pretty
from server.web.visit import LAST_SOURCE_COOKIE

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from server.web.visit import Visit

# What the next page says after an action, by the code in its address.
FLASHES = {
    "welcome": "Welcome! Your account is ready.",
    "signed-out": "You are signed out.",
    "password-changed": "Password changed. Your other sessions were signed out.",
    "secret-saved": "Signing secret saved.",
    "secret-made": "Signing secret generated.",
    "address-changed": "Ingest URL replaced. The old URL no longer works.",
    "endpoint-created": "Endpoint created.",
    "endpoint-changed": "Endpoint saved.",
    "endpoint-enabled": "Endpoint enabled.",
    "endpoint-disabled": "Endpoint disabled.",
    "endpoint-paused": "Endpoint paused. Its events are kept.",
    "endpoint-resumed": "Endpoint resumed. Waiting deliveries are being sent.",
    "endpoint-deleted": "Endpoint deleted.",
    "draft-saved": "Draft saved. It is not live yet.",
    "draft-unchanged": "This is what is active already, so there is no draft.",
    "draft-discarded": "Draft discarded. Its last revisions stay under History.",
    "draft-restored": "The code is in the draft now. It is not live yet.",
    "activated": "Activated. New events are transformed with this code.",
    "rolled-back": "Rolled back. Values of variables, credentials, URL and subscribed events were not changed.",
    "case-created": "Test case saved.",
    "case-saved": "Test case saved.",
    "case-deleted": "Test case deleted.",
    "case-updated": "Expectation updated.",
    "observation-forgotten": "Forgotten. What comes from now on is observed anew.",
    "secret-rotated": "Signing secret rotated. The old secret stays valid for 24 hours.",
    "secret-stopped": "Old signing secret expired.",
    "card-created": "Card saved. Choose it when you add an endpoint.",
    "card-saved": "Card saved.",
    "card-deleted": "Card deleted.",
    "card-imported": "Card imported.",
    "example-sent": "Sending the example.",
    "alerts-saved": "Notification settings saved.",
    "webhook-secret-made": "Webhook signing secret rotated. The old secret no longer works.",
    "shadow-begun": "Shadow started. It runs on each new event and sends nothing.",
    "shadow-dropped": "Shadow dropped. What it found stays below.",
    "promoted": "Promoted. New events are transformed with this version.",
    "replay-begun": "Replay started.",
    "replay-stopped": "Replay stopped. Messages that had not started were skipped.",
    "activated-rerun": "Activated. Parked deliveries are being re-run.",
    "activated-parked": "Activated, but parked deliveries could not be re-run. See Replay.",
    "resent": "Resending the delivery.",
    "resent-paused": "The delivery will be sent when you resume its endpoint.",
    "stopped": "Delivery stopped. It stays in the log and can be resent.",
    "skipped": "Delivery skipped. It stays in the log and can be resent.",
}
BESIDE = {
    "stopped": say("Waiting deliveries stopped because they no longer match: {count}."),
    "rescheduled": say("Waiting deliveries moved to the new schedule: {count}."),
    "ended": say("Waiting deliveries ended because the new schedule has no attempts left for them: {count}."),
}
"""What saving an endpoint also did to its waiting deliveries."""
THEMES = ("auto", "light", "dark")
YEAR_SECONDS = 365 * 24 * 60 * 60


def page(
    request: Request,
    template: str,
    here: "Visit | None" = None,
    *values: "DataclassInstance",
    block: str | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Render ``template`` with the fields of the dataclasses ``values`` as its variables.

    With ``block``, render only that block when htmx asks for a fragment of the page.
    """
    context = _context(request, here) | variables(*values)
    if block and request.headers.get("hx-request-type") == "partial":
        return _Rendered(partial(fragment, template, block, context), status)
    response = _Rendered(partial(environment().get_template(template).render, context), status)
    if here is not None and status == 200:
        _remember_source(request, here, response)
    return response


class _Rendered(HTMLResponse):
    """HTML that is rendered in a thread while it is sent: a page of large bodies would block the event loop."""

    def __init__(self, make: Callable[[], str], status: int) -> None:
        super().__init__(status_code=status)
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        in_context = partial(copy_context().run, self._make)
        self.body = (await asyncio.get_running_loop().run_in_executor(_making, in_context)).encode()
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


_making = ThreadPoolExecutor(2, thread_name_prefix="pages")
"""Two threads, so that a large page does not keep the others waiting; a pool of their own, so that no event waits."""


def fragment(template: str, block: str, context: Mapping[str, Any]) -> str:
    """One block of a template as HTML, for fragments."""
    found = environment().get_template(template)
    return "".join(found.blocks[block](found.new_context(dict(context))))


def context_of(request: Request, here: "Visit | None", *values: "DataclassInstance") -> dict[str, Any]:
    """The variables of every template, and the fields of ``values``; for ``fragment``."""
    return _context(request, here) | variables(*values)


def variables(*values: "DataclassInstance") -> dict[str, Any]:
    """The fields of a page's dataclasses by name, as they are. No two may have a field of the same name."""
    pairs = [(field.name, getattr(part, field.name)) for part in values for field in fields(part)]
    named = dict(pairs)
    assert len(named) == len(pairs), sorted(name for name, _ in pairs)
    return named


def redirect(url: str, said: str | None = None, request: Request | None = None) -> Response:
    """A redirect to another page of ours, which then shows the sentence of ``FLASHES`` with the code ``said``."""
    if said:
        assert said in FLASHES, said
        if moved := effects.moved.get():
            counts = (("stopped", moved.stopped), ("rescheduled", moved.rescheduled), ("ended", moved.ended))
            said = ".".join([said, *(f"{what}-{count}" for what, count in counts if count)])
        url += ("&" if "?" in url else "?") + f"said={said}"
    url = url or "/"  # an empty address means the URL of this POST, which may have no page
    if request is not None and request.headers.get("hx-request"):
        return Response(status_code=204, headers={"hx-redirect": url})
    return RedirectResponse(url, status_code=303)


def other_source_path(request: Request, active: str) -> str:
    """Where the switch between Test and Live leads, without the source, such as ``/logs``.

    A list leads to the same list. The page of one thing belongs to its source, so it leads to the list of its kind.
    Filters are dropped, since they name things of this source.
    """
    path = "/" + request.url.path.split("/", 2)[-1].strip("/")
    if request.method != "GET" or path == "/":
        return f"/{active or 'endpoints'}"
    path = re.sub(r"/(ep|msg|att|dlv|rpl)_.*", "", path)
    if path in ("/messages", "/attempts", "/deliveries"):
        return "/logs"
    query = request.url.query if path == "/endpoints/new" or path.startswith("/events") else ""
    return path + (f"?{query}" if query else "")


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(templates_dir()),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # otherwise each use of each template asks for its file's time
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=False)  # type: ignore[attr-defined]
    env.filters |= {
        "sentence": _finalize,
        "reason": reasons.reason,
        "kind_of": reasons.kind_of,
        "because": plans.BECAUSE.__getitem__,
        "span": plans.span,
        "iso": iso,
        "utc_text": utc_text,
        "json_pretty": pretty,
        "tail": tail,
        "parts": _parts,
        "fingerprint": fingerprint,
    }
    env.globals |= {"version": __version__, "languages": i18n.LANGUAGES, "themes": THEMES}
    env.globals["other_source_path"] = other_source_path
    # Rendering one block does not run its template's imports, so the macros are a global.
    env.globals["ui"] = env.get_template("ui/all.html").module
    return env


def prepare() -> None:
    """Compile all templates and translations, since the first page of each kind would block. Call it in a thread."""
    env = environment()
    for name in env.list_templates(extensions=["html"]):
        env.get_template(name)
    for language in i18n.LANGUAGES:
        i18n.prepare(language)


def iso(millis: int) -> str:
    """Milliseconds as ISO 8601: 1790000000000 → ``2026-09-21T14:13:20.000Z``"""
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_text(millis: int) -> str:
    """Milliseconds in the reader's language: 1790000000000 → ``21 Sep 2026, 14:13:20 UTC``"""
    return datetime.fromtimestamp(millis / 1000, UTC).strftime(i18n.gettext("%d %b %Y, %H:%M:%S UTC"))


def _finalize(value: object) -> object:
    return i18n.in_words(value) if isinstance(value, Sentence) else value


def _parts(unreadable: Collection[str]) -> str:
    """The names of an endpoint's unreadable parts, as a list in the reader's language."""
    return i18n.gettext(", ").join(i18n.in_words(PARTS[part]) for part in PARTS if part in unreadable)


def _said(code: str) -> str | None:
    """The sentence of a code of ``FLASHES``, with those of its side effects: ``endpoint-changed.stopped-3``."""
    name, *beside = code.split(".")
    if name not in FLASHES:
        return None
    words = [i18n.gettext(FLASHES[name])]
    for each in beside[:3]:
        what, _, count = each.partition("-")
        if what in BESIDE and count.isascii() and count.isdecimal() and len(count) < 10:
            words.append(i18n.in_words(Sentence(BESIDE[what].text, {"count": int(count)})))
    return " ".join(words)


def _remember_source(request: Request, here: "Visit", response: Response) -> None:
    """Remember which source was opened last. Ignores fragments: a page fetches those without the person."""
    slug = here.slugs[here.source.id]
    opened = request.method == "GET" and "hx-request" not in request.headers
    if opened and request.cookies.get(LAST_SOURCE_COOKIE) != slug:
        response.set_cookie(LAST_SOURCE_COOKIE, slug, max_age=YEAR_SECONDS, httponly=True, samesite="lax")


def _context(request: Request, here: "Visit | None") -> dict[str, Any]:
    here = here or getattr(request.state, "visit", None)
    said = _said(request.query_params.get("said", ""))
    theme = request.cookies.get("theme", "auto")
    return {
        "request": request,
        "here": here,
        "base": here.base if here else "",
        "user": here.user if here else None,
        "source": here.source if here else None,
        "sources": here.sources if here else (),
        "lang": i18n.HTML_LANG[i18n.current.get()],
        "language": i18n.current.get(),
        "theme": theme if theme in THEMES else "auto",
        "nonce": request.scope.get("state", {}).get("nonce", ""),
        "flash": said,
        "active": "",
    }
