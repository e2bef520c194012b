"""``/settings/search``: which keys of metadata are search terms, and full text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from server.actions import search_settings as actions
from server.domain.search_terms import Backfill, SearchSettings, TextIndex
from server.domain.sentences import Invalid, Sentence
from server.store import Transaction, options, search_text
from server.web import forms
from server.web.accounts import by_field
from server.web.page_routes import source_pages
from server.web.render import redirect
from server.web.settings_frame import section_page
from server.web.visit import Here, Visit

router = source_pages()


@dataclass(frozen=True, slots=True)
class SearchSettingsPage:
    keys: str
    """Keys of metadata as typed, one a line."""
    full_text: bool
    indexing: int | None
    """Older messages that were indexed so far; ``None`` when all are."""
    reading: int | None
    """Messages whose words full text has so far; ``None`` when it has all, and while it is off."""
    dropping: bool
    """Whether full text is off but its tables are still there."""
    problems: Mapping[str, Sentence]


@router.get("/settings/search")
async def show(request: Request, here: Here) -> Response:
    return await _page(request, here)


@router.post("/settings/search")
async def save(request: Request, here: Here) -> Response:
    form = await forms.read(request)
    typed, full_text = form.text("metadata_keys"), form.has("full_text")
    keys = tuple(dict.fromkeys(key for part in re.split(r"[\n,]", typed) if (key := part.strip())))
    try:
        await actions.save(here.services, keys, full_text)
    except Invalid as refused:
        return await _page(request, here, SearchSettings(keys, full_text), by_field(refused), 422, typed)
    return redirect(here.to("/settings/search"), "search-saved", request)


async def _page(
    request: Request,
    here: Visit,
    chosen: SearchSettings | None = None,
    problems: Mapping[str, Sentence] | None = None,
    status: int = 200,
    typed: str | None = None,
) -> Response:
    kept, backfill, index, exists = await here.services.store.read(_standing)
    shown = chosen or kept
    indexed = backfill is not None and backfill.edition == kept.edition and not backfill.cursor
    return section_page(
        request,
        here,
        "search",
        SearchSettingsPage(
            keys="\n".join(shown.metadata_keys) if typed is None else typed,
            full_text=shown.full_text,
            indexing=None if indexed else backfill.done if backfill else 0,
            reading=None if not kept.full_text or (index and not index.oldest) else index.done if index else 0,
            dropping=not kept.full_text and exists,
            problems=problems or {},
        ),
        status=status,
    )


def _standing(tx: Transaction) -> tuple[SearchSettings, Backfill | None, TextIndex | None, bool]:
    return options.search_settings(tx), options.search_backfill(tx), options.search_text(tx), search_text.exists(tx)
