"""The files under Docs agree with each other, with the interface and with the code."""

import re
from html import unescape

import click
import pytest
from translations import sentences

from server.assets import templates_dir
from server.cli import main
from server.domain.operational_event_types import OPERATIONAL_EVENTS
from server.domain.requests import RESERVED
from server.sandbox.differences import DIFFERENCES
from server.settings import Settings, documented
from server.web.docs_pages import SLUGS, DocsPage, read_pages
from server.web.i18n import LANGUAGES
from server.web.reasons import KINDS

LIMITS = Settings().limits
HEADING = re.compile(r"^(#+) .*?\{#([a-z0-9-]+)\}$", re.MULTILINE)
IN_TEMPLATES = re.compile(r'ui\.docs_link\((?:base|""), "([^"]+)"')


def source_of(language: str, slug: str) -> str:
    return (templates_dir() / "docs" / language / f"{slug}.md").read_text()


def anchors_of(page: DocsPage) -> set[str]:
    return set(re.findall(r'id="([^"]+)"', page.html))


@pytest.mark.parametrize("slug", SLUGS)
def test_both_languages_have_the_same_headings_code_and_links(slug: str) -> None:
    english, chinese = (source_of(language, slug) for language in LANGUAGES)
    assert HEADING.findall(english) == HEADING.findall(chinese)
    assert english.count("\n## ") == len(re.findall(r"^## .*\{#", english, re.MULTILINE)), "each heading has an anchor"
    for pattern in (r"\]\(([^)]+)\)", r"^\[\[.*\]\]$", r"^\|[-|]+\|$", r"HOOKBENCH_\w+", r"\*\*(.+?)\*\*"):
        first, second = (sorted(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese))
        assert first == second, pattern


def test_no_file_is_forgotten() -> None:
    for language in LANGUAGES:
        assert {file.stem for file in (templates_dir() / "docs" / language).glob("*.md")} == set(SLUGS)


def test_links_from_the_pages_lead_to_a_heading() -> None:
    pages, found = read_pages("en", LIMITS), set()
    for file in templates_dir().rglob("*.html"):
        for place in IN_TEMPLATES.findall(file.read_text()):
            slug, _, anchor = place.partition("#")
            found.add(slug)
            assert not anchor or anchor in anchors_of(pages[slug]), (file.name, place)
    wanted = set(SLUGS) - {"internet", "health", "command-line"}  # the docs themselves lead there
    assert found >= wanted


@pytest.mark.parametrize("slug", SLUGS)
def test_labels_of_the_interface_exist(slug: str) -> None:
    """``**Run test**`` is looked up among the sentences of the interface, and shown in the reader's language."""
    known = {sentence for sentence in sentences() if isinstance(sentence, str)}
    for label in re.findall(r"\*\*(.+?)\*\*", source_of("en", slug)):
        assert label in known, label
    assert "**" not in re.sub(r"<code.*?</code>", "", read_pages("zh_Hans", LIMITS)[slug].html, flags=re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_documented_with_its_default(language: str) -> None:
    html = read_pages(language, LIMITS)["settings"].html
    assert len(documented()) == len(Settings.model_fields)
    for variable, default, help_text in documented():
        row = re.search(rf'<tr id="{variable}">(.*?)</tr>', html, re.DOTALL)
        assert row and help_text, variable
        assert not default or f"<code>{default}</code>" in row[1], variable
    assert "HOOKBENCH_KEY_FILE" in html


def commands(group: click.Group, path: str = "hookbench") -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, f"{path} {name}")
        else:
            found.append((f"{path} {name}", command))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_is_documented(language: str) -> None:
    text = source_of(language, "command-line")
    for name, command in commands(main):
        assert name in text, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in text, (name, parameter.opts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_that_the_docs_name_exist(language: str) -> None:
    known = {name for name, _ in commands(main)} | {"hookbench keys"}
    for slug in SLUGS:
        for name in re.findall(r"bin/(hookbench (?:keys )?[a-z-]+)", source_of(language, slug)):
            assert name in known, (slug, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_code_knows_stands_in_the_docs(language: str) -> None:
    pages = read_pages(language, LIMITS)
    for name in RESERVED:
        assert f"`{name}`" in source_of(language, "code"), name
    for each in DIFFERENCES:
        assert each.expression in unescape(pages["code"].html)
    assert "64 MiB" in pages["code"].html
    for each in OPERATIONAL_EVENTS.values():
        assert f"<code>{each.key}</code>" in pages["operational-events"].html
    for kind in KINDS.values():
        assert f"**{kind.text}**" in source_of(language, "troubleshooting"), kind.text


@pytest.mark.parametrize("slug", SLUGS)
def test_chinese_has_full_width_punctuation(slug: str) -> None:
    text = re.sub(r"```.*?```|\]\([^)]*\)|^\[//\].*?$", "", source_of("zh_Hans", slug), flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"[\u4e00-\u9fff][,;:!?(]|[,;:!?(] ?[\u4e00-\u9fff]", re.sub(r"`[^`]*`", "X", text)) == []
