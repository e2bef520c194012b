"""The README is read to its end, and what it names is there."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.web.docs_pages import SLUGS

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
DOCUMENTS = (
    README,
    ROOT / "CHANGELOG.md",
    ROOT / "server/README.md",
    ROOT / "transforms/README.md",
    ROOT / ".github/CONTRIBUTING.md",
    ROOT / ".github/SECURITY.md",
)
MAX_LINES = 120


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= MAX_LINES


def test_the_two_commands_and_the_picture_are_in_the_first_screen() -> None:
    first_screen = README.read_text().splitlines()[:30]
    for begins in ("make run", "make test", "!["):
        assert any(line.startswith(begins) for line in first_screen), begins


def test_every_page_of_the_docs_is_listed_but_the_first() -> None:
    text = README.read_text()
    assert {slug for slug in SLUGS if f"(templates/docs/en/{slug}.md)" not in text} == {"start"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_what_a_document_links_to_is_there(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_commands_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text()
    for command in re.findall(r"bin/hookbench ([a-z-]+)", text):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0, command
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert target in targets, target
