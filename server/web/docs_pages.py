"""The pages under Docs: one Markdown file for each page and language, rendered once and kept in memory.

A file begins with ``[//]: # (search: hidden words that the search finds)``, then ``# Title`` and one paragraph, the
summary. Extensions to Markdown:

- ``## Title {#id}``: a heading with its anchor, which is the same in every language.
- ``[[settings]]`` alone in a paragraph: inserts the template ``docs/parts/settings.html``, so each fact has one place.
- ``[words](deliveries.md#schedule)``: links another docs page. ``[words](/sources)``: links a page of the current
  source.
- ``**Run test**``: a label of the interface, written in English and shown in the reader's language.

HTML in a file is shown as text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from server.assets import templates_dir
from server.domain.operational_event_types import OPERATIONAL_EVENTS
from server.domain.sentences import Sentence, say
from server.sandbox import Limits
from server.sandbox.differences import DIFFERENCES
from server.settings import documented
from server.web import i18n
from server.web.render import environment

GROUPS: tuple[tuple[Sentence, tuple[str, ...]], ...] = (
    (say("Get started"), ("start", "connect")),
    (
        say("Use it"),
        (
            "code",
            "versions",
            "test-cases",
            "coverage",
            "backtests",
            "git",
            "own-cards",
            "contracts",
            "endpoints",
            "deliveries",
            "logs",
            "filters",
            "search",
            "replays",
            "secrets",
            "operational-events",
        ),
    ),
    (say("Run it"), ("internet", "settings", "backup", "upgrade", "health", "command-line")),
    (say("When something is wrong"), ("troubleshooting", "forgotten-password")),
)
"""The slugs of the pages by group, in the order of the sidebar."""

SLUGS = tuple(slug for _, slugs in GROUPS for slug in slugs)

BASE = "/{source}"
"""A placeholder in rendered links for the first part of the source's addresses, such as ``/test``."""

_SEARCH = re.compile(r"\[//\]: # \(search: (.*)\)\n")
_ID = re.compile(r"\s*\{#([a-z0-9-]+)\}$")
_PART = re.compile(r"\[\[([a-z-]+)\]\]")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading. The first section of a page has an empty ``id`` and the page's title."""

    id: str
    title: str
    level: int
    text: str
    """Plain text without markup; white space is collapsed."""


@dataclass(frozen=True, slots=True)
class DocsPage:
    slug: str
    title: str
    summary: str
    """HTML of the first paragraph."""
    html: str
    """HTML after the summary."""
    keywords: str
    """Hidden words that the search finds."""
    sections: tuple[Section, ...]

    @property
    def headings(self) -> list[Section]:
        """The level-2 sections, which the sidebar lists."""
        return [section for section in self.sections if section.level == 2]


@lru_cache(maxsize=8)
def read_pages(language: str, limits: Limits) -> Mapping[str, DocsPage]:
    """All pages by slug, in order. The first call renders them and blocks noticeably: call it in a thread."""
    token = i18n.current.set(language)
    try:
        return {slug: _read(_file(language, slug), slug, limits) for slug in SLUGS}
    finally:
        i18n.current.reset(token)


def _file(language: str, slug: str) -> Path:
    return templates_dir() / "docs" / language / f"{slug}.md"


def _read(file: Path, slug: str, limits: Limits) -> DocsPage:
    text = file.read_text(encoding="utf-8")
    search = _SEARCH.match(text)
    tokens = _markdown().parse(text)
    _prepare(tokens, limits)
    title = tokens[1].content
    # A page is: heading_open, inline, heading_close, paragraph_open, inline, paragraph_close, and the rest.
    summary, html = _rendered(tokens[4:5]), _rendered(tokens[6:])
    return DocsPage(slug, title, summary, html, search[1] if search else "", tuple(_sections(title, summary + html)))


def _prepare(tokens: list[Token], limits: Limits) -> None:
    """Add anchors to headings, resolve links, translate labels, and insert parts."""
    columns: list[str] = []
    for at, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                _anchor(token, tokens[at + 1])
            case "inline":
                _translate_labels(token.children or [])
                for child in token.children or []:
                    if child.type == "link_open":
                        child.attrSet("href", _address(str(child.attrs["href"])))
                if part := _PART.fullmatch(token.content):
                    _insert_part(tokens, at, part[1], limits)
            case "table_open":
                columns = []
            case "th_open":
                columns.append(_text(_rendered(tokens[at + 1 : at + 2])))
            case "tr_open":
                cell = 0
            case "td_open":
                token.attrSet("data-label", columns[cell])
                cell += 1


def _anchor(heading: Token, inline: Token) -> None:
    found = _ID.search(inline.content)
    if not found or not inline.children:
        return
    heading.attrSet("id", found[1])
    inline.content = _ID.sub("", inline.content)
    inline.children[-1].content = _ID.sub("", inline.children[-1].content)


def _translate_labels(children: Sequence[Token]) -> None:
    for before, token in pairwise(children):
        if before.type == "strong_open" and token.type == "text":
            token.content = i18n.gettext(token.content)


def _address(href: str) -> str:
    if "://" in href or href.startswith("#"):
        return href
    if href.startswith("/"):
        return BASE + href
    page, _, anchor = href.partition("#")
    return f"{BASE}/docs/{page.removesuffix('.md')}" + (f"#{anchor}" if anchor else "")


def _insert_part(tokens: list[Token], at: int, name: str, limits: Limits) -> None:
    """Replace the paragraph whose text is at ``at`` with a rendered template."""
    tokens[at - 1].hidden = tokens[at + 1].hidden = True
    values = {
        "limits": limits,
        "differences": DIFFERENCES,
        "settings": [(name, default, Markup(_inline(help))) for name, default, help in documented()],  # noqa: S704
        "operational_events": tuple(OPERATIONAL_EVENTS.values()),
    }
    html = environment().get_template(f"docs/parts/{name}.html").render(values)
    tokens[at].children = [Token("html_inline", "", 0, content=html)]


def _sections(title: str, html: str) -> Iterator[Section]:
    parts = re.split(r'<h([23]) id="([^"]+)">(.*?)<a class="anchor".*?</h\1>', html, flags=re.DOTALL)
    yield Section("", title, 1, _text(parts[0]))
    for level, anchor, heading, text in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True):
        yield Section(anchor, _text(heading), int(level), _text(text))


def _text(html: str) -> str:
    # Words of buttons and captions are not part of the page's text.
    without = re.sub(r"<(button|figcaption)\b.*?</\1>", " ", html, flags=re.DOTALL)
    blocks = re.sub(r"</(p|li|td|th|dt|dd|pre|h[1-6])>", " ", without)
    return " ".join(unescape(_TAG.sub("", blocks)).split())


def _inline(text: str) -> str:
    """A setting's help as HTML: translated, with its Markdown ``code`` rendered."""
    return str(_markdown().renderInline(i18n.gettext(text)))


def _rendered(tokens: Sequence[Token]) -> str:
    markdown = _markdown()
    return str(markdown.renderer.render(tokens, markdown.options, {}))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    for rule in (fence, heading_close, table_open, table_close, td_open, td_close, th_open):
        made.add_render_rule(rule.__name__, rule)
    return made


def fence(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """A code block with a copy button. The info string is language and label: ```` ```json Title ````"""
    language, _, label = tokens[at].info.strip().partition(" ")
    known = {"js": "javascript", "json": "json"}.get(language)
    ui = environment().globals["ui"]
    return str(ui.code_block(tokens[at].content.rstrip("\n"), known, label or None))  # type: ignore[attr-defined]


def heading_close(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    anchor = tokens[at - 2].attrs.get("id")
    link = ""
    if anchor:
        label = escape(i18n.gettext("Link to “{heading}”").format(heading=tokens[at - 1].content.replace("`", "")))
        link = f'<a class="anchor" href="#{anchor}" aria-label="{label}">#</a>'
    return f"{link}</{tokens[at].tag}>\n"


def table_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return '<div class="table-frame"><table class="table">\n'


def table_close(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return "</table></div>\n"


def th_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return '<th scope="col">'


def td_open(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    # On narrow screens a row becomes a card with flex cells: the <div> keeps a cell's words in one flex item.
    return f'<td class="wraps" data-label="{escape(str(tokens[at].attrs["data-label"]))}"><div>'


def td_close(self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    return "</div></td>\n"
