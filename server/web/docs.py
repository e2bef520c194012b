"""The docs pages for people who use Hookbench, and their search."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from server.domain.sentences import Sentence, say
from server.web import i18n
from server.web.docs_pages import BASE, GROUPS, SLUGS, DocsPage, read_pages
from server.web.docs_search import Hit, mark, search, words_of
from server.web.errors import NotFound
from server.web.page_routes import source_pages
from server.web.render import page
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class Docs:
    """What the docs show: one page, the results of a search, or the list of all pages."""

    groups: Sequence[tuple[Sentence, Sequence[str]]]
    """(title, slugs) of each group of pages."""
    pages: Mapping[str, DocsPage]
    shown: DocsPage | None
    summary: Markup
    body: Markup
    before: DocsPage | None
    after: DocsPage | None
    q: str
    hits: Sequence[Hit]
    searching: bool


@router.get("/docs")
async def index(request: Request, here: Here, q: str = "") -> Response:
    """The list of all pages, or the results of a search."""
    pages = await pages_of(request)
    hits = search(pages.values(), words_of(q))
    return _page(request, here, pages, q=q, hits=hits, searching=bool(words_of(q)))


@router.get("/docs/{slug}")
async def show(request: Request, here: Here, slug: str, q: str = "") -> Response:
    """One page. ``q``: the search words, which are marked in it."""
    pages = await pages_of(request)
    if slug not in pages:
        raise NotFound(say("This page of the docs does not exist."))
    return _page(request, here, pages, q=q, shown=pages[slug])


async def pages_of(request: Request, language: str | None = None) -> Mapping[str, DocsPage]:
    """The pages in a language, or in the reader's. Renders them in a thread, since it would block the event loop."""
    return await asyncio.to_thread(read_pages, language or i18n.current.get(), request.app.state.settings.limits)


def html_of(found: DocsPage, base: str, q: str = "") -> tuple[Markup, Markup]:
    """(summary, body) as HTML, with links to the pages of one source and the words of ``q`` marked.

    Safe as ``Markup``: they are our own files, rendered with HTML off.
    """
    words = words_of(q)
    summary, body = (mark(html, words).replace(BASE, base) for html in (found.summary, found.html))
    return Markup(summary), Markup(body)  # noqa: S704


def _page(
    request: Request,
    here: Visit,
    pages: Mapping[str, DocsPage],
    *,
    q: str,
    shown: DocsPage | None = None,
    hits: Sequence[Hit] = (),
    searching: bool = False,
) -> Response:
    summary, body = html_of(shown, here.base, q) if shown else (Markup(), Markup())
    at = SLUGS.index(shown.slug) if shown else 0
    values = Docs(
        groups=GROUPS,
        pages=pages,
        shown=shown,
        summary=summary,
        body=body,
        before=pages[SLUGS[at - 1]] if shown and at else None,
        after=pages[SLUGS[at + 1]] if shown and at + 1 < len(SLUGS) else None,
        q=q,
        hits=hits,
        searching=searching,
    )
    return page(request, "docs/docs.html", here, values, block="found")
