"""Renders a template as a response: the whole page, or one block of it when htmx asks for a fragment."""

import asyncio
import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal

from babel.dates import format_datetime, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from server import __version__
from server.actions import effects
from server.assets import templates_dir
from server.domain.endpoints import PARTS
from server.domain.ids import unique
from server.domain.masking import tail
from server.domain.sentences import Sentence, say
from server.domain.signing import fingerprint
from server.domain.sources import DEMO_NAME, Mode, Source
from server.store.deliveries import MAX_COUNTED
from server.web import charts, compression, i18n, plans, reasons, static_addresses, zones
from server.web.amounts import amount
from server.web.bodies import body_view
from server.web.compiled_templates import CompiledTemplates
from server.web.pretty import pretty
from server.web.template_output import Templates, finalized
from server.web.visit import LAST_SOURCE_COOKIE

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from server.web.visit import Visit

# What the next page says after an action, by the code in its address.
FLASHES = {
    "welcome": "Welcome! Your account is ready.",
    "signed-out": "You are signed out.",
    "password-changed": "Password changed. Your other sessions were signed out.",
    "source-created": "Source created. Connect it in three steps.",
    "source-renamed": "Source renamed.",
    "source-removed": "Source removed.",
    "demo-sent": "The demo source received a sample of each event type.",
    "demo-removed": "Demo source removed.",
    "secret-saved": "Signing secret saved.",
    "secret-made": "Signing secret generated.",
    "address-changed": "Ingest URL replaced. The old URL no longer works.",
    "endpoint-created": "Endpoint created.",
    "endpoint-changed": "Endpoint saved.",
    "endpoint-renamed": "Endpoint renamed.",
    "endpoint-enabled": "Endpoint enabled.",
    "endpoint-disabled": "Endpoint disabled.",
    "endpoint-paused": "Endpoint paused. Its events are kept.",
    "endpoint-resumed": "Endpoint resumed. Waiting deliveries are being sent.",
    "endpoint-deleted": "Endpoint deleted. It can be restored for 30 days.",
    "endpoints-deleted": "Endpoints deleted. They can be restored for 30 days.",
    "endpoint-restored": "Endpoint restored with its waiting deliveries. Replay missing sends events since then.",
    "endpoints-restored": "Endpoints restored with their waiting deliveries. Replay missing sends events since then.",
    "endpoint-erased": "Endpoint deleted for good.",
    "endpoints-paused": "Endpoints paused. Their events are kept.",
    "endpoints-retried": "Retrying what waits for a retry at these endpoints.",
    "nothing-waits": "No delivery is waiting for a retry at these endpoints.",
    "nothing-done": "Nothing was done.",
    "endpoints-resumed": "Endpoints resumed. Waiting deliveries are being sent.",
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
    "preferences-saved": "Saved in this browser.",
    "alerts-saved": "Notification settings saved.",
    "search-saved": "Search settings saved.",
    "webhook-secret-made": "Webhook signing secret rotated. The old secret no longer works.",
    "shadow-begun": "Shadow started. It runs on each new event and sends nothing.",
    "shadow-dropped": "Shadow dropped. What it found stays below.",
    "promoted": "Promoted. New events are transformed with this version.",
    "replay-begun": "Replay started.",
    "retrying-waiting": "Retrying all that was waiting.",
    "retrying-waiting-paused": "What was waiting is sent when you resume the endpoint.",
    "retrying-stopped": "Stopped. What had not started has its former retry time back.",
    "replay-stopped": "Replay stopped. Messages that had not started were skipped.",
    "activated-rerun": "Activated. Parked deliveries are being re-run.",
    "activated-parked": "Activated, but parked deliveries could not be re-run. See Replay.",
    "resent": "Resending the delivery.",
    "resent-paused": "The delivery will be sent when you resume its endpoint.",
    "inspector-created": "Address created. It receives requests now.",
    "inspector-saved": "Address saved.",
    "inspector-cleared": "Received requests deleted.",
    "inspector-deleted": "Address deleted.",
    "stopped": "Delivery stopped. It stays in the log and can be resent.",
    "skipped": "Delivery skipped. It stays in the log and can be resent.",
}
BESIDE = {
    "stopped": say("Waiting deliveries stopped because they no longer match: {count}."),
    "rescheduled": say("Waiting deliveries moved to the new schedule: {count}."),
    "ended": say("Waiting deliveries ended because the new schedule has no attempts left for them: {count}."),
    "idle": say("Endpoints where nothing waits: {count}."),
    "refused": say("Endpoints that cannot retry now: {count}. They are disabled, damaged, or have another replay."),
    "gone": say("Endpoints that were deleted meanwhile: {count}."),
}
"""What saving an endpoint also did to its waiting deliveries, and which of several endpoints were left out."""
MAX_UNDONE = 50
"""Endpoints that one Undo restores."""
FIRST_NAMES = frozenset(Mode)
"""The names, in lower case, of the sources that the first start creates."""
THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "compact")
_ENDPOINT_ID = re.compile(r"ep_[0-9A-Za-z]{1,30}")
REPEATED = ("badge", "icon", "drawing")
"""The macros that lists repeat in each row, and whose result depends only on their texts and the language."""
MAX_REMEMBERED = 2000
"""Characters of a text, such as the drawing of a card, with which the result of a macro is kept."""
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
    """HTML that a thread renders and compresses while it is sent: a large page would block the event loop."""

    def __init__(self, make: Callable[[], str], status: int) -> None:
        super().__init__(status_code=status)
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        packs = compression.packs_pages(scope)
        in_context = partial(copy_context().run, self._bytes, packs)
        self.body = await asyncio.get_running_loop().run_in_executor(_making, in_context)
        self.headers["content-length"] = str(len(self.body))
        if packs:
            self.headers["content-encoding"] = "gzip"
        await super().__call__(scope, receive, send)

    def _bytes(self, packs: bool) -> bytes:
        body = self._make().encode()
        return compression.packed(body, compression.PAGE_LEVEL) if packs else body


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


def redirect(
    url: str, said: str | None = None, request: Request | None = None, beside: Mapping[str, int] | None = None
) -> Response:
    """A redirect to another page of ours, which then shows the sentence of ``FLASHES`` with the code ``said``.

    ``beside``: counts that are said too, by their code in ``BESIDE``.
    """
    if said:
        assert said in FLASHES, said
        counts = dict(beside or {})
        if moved := effects.moved.get():
            counts |= {"stopped": moved.stopped, "rescheduled": moved.rescheduled, "ended": moved.ended}
        said = ".".join([said, *(f"{what}-{count}" for what, count in counts.items() if count)])
        url += ("&" if "?" in url else "?") + f"said={said}"
    url = url or "/"  # an empty address means the URL of this POST, which may have no page
    if request is not None and request.headers.get("hx-request"):
        return Response(status_code=204, headers={"hx-redirect": url})
    return RedirectResponse(url, status_code=303)


def other_source_path(request: Request, active: str) -> str:
    """Where the switch between sources leads, without the source, such as ``/logs``.

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
def _compiled() -> CompiledTemplates:
    return CompiledTemplates(templates_dir())


@cache
def environment() -> Environment:
    env = Templates(
        loader=FileSystemLoader(templates_dir()),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        finalize=finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # otherwise each use of each template asks for its file's time
        bytecode_cache=_compiled(),
    )
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=False)  # type: ignore[attr-defined]
    # Jinja's own "_" takes the context, of which it makes two copies for each call in a loop.
    env.globals["_"] = i18n.gettext
    env.filters |= {
        "sentence": finalized,
        "reason": reasons.reason,
        "kind_of": reasons.kind_of,
        "because": plans.BECAUSE.__getitem__,
        "span": plans.span,
        "number": "{:,}".format,
        "up_to": up_to,
        "duration": charts.duration_text,
        "sparks": charts.sparks,
        "iso": iso,
        "time_text": time_text,
        "row_time": row_time,
        "soon_text": soon_text,
        "short_date": short_date,
        "json_pretty": pretty,
        "body_view": body_view,
        "tail": tail,
        "amount": amount,
        "around": around,
        "parts": _parts,
        "fingerprint": fingerprint,
        "source_name": source_name,
    }
    env.globals |= {"version": __version__, "languages": i18n.LANGUAGES, "themes": THEMES}
    env.globals["other_source_path"] = other_source_path
    env.globals["unique"] = unique
    env.globals["static_base"] = static_addresses.addresses().base
    # Rendering one block does not run its template's imports, so the macros are a global.
    ui: Any = env.get_template("ui/all.html").module
    for name in REPEATED:
        setattr(ui, name, _remembered(getattr(ui, name)))
    env.globals["ui"] = ui
    return env


def _remembered(macro: Callable[..., str]) -> Callable[..., str]:
    """The macro, which renders the same texts in the same language once: a list has few different badges."""

    @lru_cache(2048, typed=True)  # text and markup may be equal, and are escaped differently
    def made(language: str, *values: str | None) -> str:
        return macro(*values)

    def remembered(*values: Any, **named: Any) -> str:
        short = all(value is None or (isinstance(value, str) and len(value) <= MAX_REMEMBERED) for value in values)
        return made(i18n.current.get(), *values) if short and not named else macro(*values, **named)

    return remembered


def prepare(is_stopped: Callable[[], bool]) -> None:
    """Load all translations and templates, since the first page of each kind would block. Call it in a thread."""
    for language in i18n.LANGUAGES:
        i18n.prepare(language)
    env = environment()
    for name in env.list_templates(extensions=["html"]):
        if is_stopped():
            return
        env.get_template(name)
    _compiled().drop_others()


def up_to(count: int, most: int = MAX_COUNTED) -> str:
    """A number that was counted up to ``most`` + 1: ``9,999``, ``10,000+``"""
    return f"{most:,}+" if count > most else f"{count:,}"


def iso(millis: int) -> str:
    """Milliseconds as ISO 8601: 1790000000000 → ``2026-09-21T14:13:20.000Z``"""
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def source_name(source: Source) -> str:
    """The name of a source as people read it: one that Hookbench gave is translated, any other is a person's own."""
    given = source.name.casefold() in FIRST_NAMES or (source.demo and source.name == DEMO_NAME)
    return i18n.gettext(source.name) if given else source.name


def time_text(millis: int) -> str:
    """Milliseconds in the reader's language and time zone: 1790000000000 → ``21 Sep 2026, 14:13:20 UTC``"""
    at = zones.local(millis)
    return at.strftime(i18n.gettext("%d %b %Y, %H:%M:%S UTC")).replace("UTC", zones.offset_text(at))


def row_time(millis: int) -> str:
    """A moment as short as a row of a list needs it: ``21 Sep, 14:13``, and ``21 Sep 2025`` if it is not this year."""
    at = zones.local(millis)
    return at.strftime(i18n.gettext("%d %b, %H:%M") if _is_this_year(at) else i18n.gettext("%d %b %Y"))


WORD = re.compile(r"[\w$]+")
UNITS: tuple[tuple[Literal["second", "minute", "hour"], int, int], ...] = (
    ("second", 1, 60), ("minute", 60, 3600), ("hour", 3600, 86_400),
)  # fmt: skip
"""Each unit with its seconds, and the seconds that it is used for."""


def soon_text(millis: int, in_row: bool = False) -> str:
    """What ``times.js`` will show for a moment, so that nothing moves when it does: ``5 min. ago``, ``Nov 28, 3:04 PM``

    Within a day of now, else the date and time; ``in_row`` only the date if it is not this year. The texts are those of
    CLDR, which browsers have too.
    """
    language, seconds = i18n.current.get(), round(millis / 1000 - time.time())
    if seconds == 0:
        return i18n.gettext("now")
    for unit, size, limit in UNITS:
        if abs(seconds) < limit:
            return _ago(int(seconds / size) * size, unit, language)
    if in_row and not _is_this_year(zones.local(millis)):
        return _formatted(zones.local(millis), i18n.gettext("MMM d, y"))
    return short_date(millis)


@lru_cache(1024)
def _ago(seconds: int, unit: Literal["second", "minute", "hour"], language: str) -> str:
    return str(format_timedelta(timedelta(seconds=seconds), unit, 9e9, True, "short", language))


def short_date(millis: int) -> str:
    """A date and time as ``times.js`` shows them, with the year if it is not this one."""
    at = zones.local(millis)
    return _formatted(at, i18n.gettext("MMM d, h:mm a") if _is_this_year(at) else i18n.gettext("MMM d, y, h:mm a"))


def _is_this_year(at: datetime) -> bool:
    return at.year == zones.local(int(time.time() * 1000)).year


def _formatted(at: datetime, pattern: str) -> str:
    return str(format_datetime(at.replace(tzinfo=None), pattern, locale=i18n.current.get()))


def around(line: str, column: int | None) -> tuple[str, str, str]:
    """A line of code in three: what is before a column, the word or sign that begins there, and the rest."""
    if not column or column > len(line):
        return line, "", ""
    found = WORD.match(line, column - 1)
    end = found.end() if found else column
    return line[: column - 1], line[column - 1 : end], line[end:]


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


@dataclass(frozen=True, slots=True)
class UndoFlash:
    """The sentence after endpoints were deleted, with what undoes it."""

    text: str
    undo: str
    """Where its form posts."""
    undone: Sequence[str]
    """The ids of the endpoints."""
    tone: str = "good"


def undo(url: str, ids: Iterable[str]) -> str:
    """The address of a page that offers to restore these endpoints, which were just deleted."""
    return f"{url}{'&' if '?' in url else '?'}undo={','.join(ids)}"


def _flash(request: Request, here: "Visit | None", said: str | None) -> str | UndoFlash | None:
    ids = request.query_params.get("undo", "")[: 40 * MAX_UNDONE].split(",")[:MAX_UNDONE]
    known = [each for each in ids if _ENDPOINT_ID.fullmatch(each)]
    return UndoFlash(said, here.to("/endpoints/deleted/restore"), known) if said and here and known else said


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
        "density": "compact" if request.cookies.get("density") == "compact" else "comfortable",
        "zone": zones.chosen(request.cookies),
        "nonce": request.scope.get("state", {}).get("nonce", ""),
        "flash": _flash(request, here, said),
        "active": "",
    }
