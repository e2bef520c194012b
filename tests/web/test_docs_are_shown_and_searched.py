"""Docs in the frame of the pages: shown in both languages, and searched."""

import re
from html import unescape

import pytest
from form import text_of
from site_under_test import Site

from server.settings import Settings
from server.web.docs_pages import DocsPage, read_pages
from server.web.docs_search import search, words_of
from server.web.i18n import LANGUAGES

LIMITS = Settings().limits
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LINK = re.compile(r'href="([^"]+)"')
HIT = re.compile(r'<a href="/test/docs/([^"]+)" data-docs-hit')

SEARCHES = {
    "en": {
        "retry schedule": "deliveries#schedule",
        "RETRIES": "deliveries",
        "nginx": "internet#nginx",
        "locked out": "forgotten-password",
        "backup postgres": "backup#postgresql",
        "HOOKBENCH_SMTP_HOST": "settings#all",
        "zzzz": None,
    },
    "zh_Hans": {
        "重试计划": "deliveries#schedule",
        "忘记密码": "forgotten-password",
        "备份密钥": "backup#key",
        "nginx 代理": "internet#nginx",
        "无法登录": "forgotten-password",
        "飞机": None,
    },
}
"""Language → what is searched → what must be among the first three."""


def anchors_of(page: DocsPage) -> set[str]:
    return set(re.findall(r'id="([^"]+)"', page.html))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_page_is_shown_with_its_title_list_and_headings(site: Site, language: str) -> None:
    site.client.cookies.set("lang", language)
    for page in read_pages(language, LIMITS).values():
        answer = await site.get(f"/docs/{page.slug}")
        assert answer.status_code == 200, page.slug
        assert f"<h1>{page.title}</h1>" in answer.text
        assert f'href="/test/docs/{page.slug}" aria-current="page"' in answer.text
        for heading in page.headings:
            assert f'<h2 id="{heading.id}">' in answer.text
            assert f'href="#{heading.id}"' in answer.text
        assert "/{source}" not in answer.text and "<p>[[" not in page.html and "{#" not in page.html
        assert bool(CHINESE.search(page.title)) is (language == "zh_Hans")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_link_leads_somewhere(site: Site, language: str) -> None:
    pages = read_pages(language, LIMITS)
    site.client.cookies.set("lang", language)
    for page in pages.values():
        for href in map(unescape, LINK.findall(page.summary + page.html)):
            address, _, anchor = href.partition("#")
            if href.startswith("https://"):
                continue
            if not address:
                assert anchor in anchors_of(page), (page.slug, href)
            elif address.startswith("/{source}/docs/"):
                target = pages[address.rpartition("/")[2]]
                assert not anchor or anchor in anchors_of(target), (page.slug, href)
            else:
                answer = await site.get(address.removeprefix("/{source}"))
                assert answer.status_code == 200, (page.slug, href)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_search_finds(site: Site, language: str) -> None:
    site.client.cookies.set("lang", language)
    for query, wanted in SEARCHES[language].items():
        hits = search(read_pages(language, LIMITS).values(), words_of(query))
        places = [f"{hit.page.slug}#{hit.section.id}".rstrip("#") for hit in hits]
        assert (wanted in places[:3]) if wanted else places == [], (query, places)
        page = (await site.get("/docs", params={"q": query})).text
        assert [re.sub(r"\?[^#]*", "", href) for href in HIT.findall(page)] == places
        assert ("<mark>" in page) is any("<mark>" in hit.title + hit.snippet for hit in hits)


async def test_a_search_without_a_result_says_so(site: Site) -> None:
    page = (await site.get("/docs?q=zzzz")).text
    assert "No results for “zzzz”" in page
    assert "<mark>" not in page


async def test_the_words_are_marked_on_the_page_and_only_in_text(site: Site) -> None:
    page = (await site.get("/docs/deliveries?q=schedule+amp+class")).text
    article = page[page.index('<article class="prose">') :]
    assert "<mark>schedule</mark>" in article
    assert re.findall(r"<[^<>]*<mark>|&<mark>", article) == []


async def test_a_search_takes_anything(site: Site) -> None:
    for query in ("x" * 10_000, " ".join("retry" for _ in range(500)), "(", "[a-", "\\", "重" * 500, "<script>"):
        for path in ("/docs", "/docs/deliveries"):
            answer = await site.get(path, params={"q": query})
            assert answer.status_code == 200
            assert "<script>" not in answer.text.partition("<body")[2]


async def test_htmx_gets_the_found_part_alone(site: Site) -> None:
    answer = await site.get("/docs?q=retry", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert answer.text.lstrip().startswith('<div class="docs" id="docs">')


async def test_a_page_that_is_not_there_says_so(site: Site) -> None:
    answer = await site.get("/docs/nowhere")
    assert answer.status_code == 404
    assert "This page of the docs does not exist." in text_of(answer.text)
