"""``server/README.md`` names modules, functions and folders that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "server/README.md").read_text()
PLACEHOLDERS = ("<", "000N")


def named() -> set[str]:
    """Paths in the text: ``delivery/worker.py``, ``templates/layout.html``, ``tests/journeys/…``."""
    found = re.findall(r"`([\w./-]+/[\w.-]*|[\w-]+\.(?:py|html|md))`", TEXT)
    return {path for path in found if not any(mark in path for mark in PLACEHOLDERS)}


def test_what_it_names_is_there() -> None:
    assert len(named()) > 40
    missing = {path for path in named() if not any((folder / path).exists() for folder in (ROOT, ROOT / "server"))}
    assert missing - {"/healthz"} == set()


def test_names_of_the_recipes_are_in_their_files() -> None:
    for name, file in (
        ("PAGES", "app.py"),
        ("PLACES", "web/old_addresses.py"),
        ("RESERVED_SLUGS", "domain/sources.py"),
        ("places", "../templates/layout.html"),
        ("GROUPS", "web/docs_pages.py"),
        ("def register", "domain/operational_event_types.py"),
        ("def add", "store/operational_events.py"),
        ("def seal", "store/vault.py"),
        ("def unseal", "store/vault.py"),
        ("def receive", "store/messages.py"),
        ("class SupervisedLoop", "delivery/supervised_loop.py"),
        ("parts", "app.py"),
        ("PARTS", "domain/endpoints.py"),
        ("def _columns", "store/endpoints.py"),
        ("def read_row", "store/endpoints.py"),
        ("def as_endpoint", "actions/endpoint_form.py"),
        ("def posted", "web/endpoint_form.py"),
        ("def try_out", "actions/trials.py"),
        ("def accept", "delivery/intake.py"),
        ("class NotFound", "web/errors.py"),
        ("each_store", "../tests/conftest.py"),
    ):
        word = name.rpartition(" ")[2]
        assert word in TEXT, name
        assert re.search(rf"\b{name}\b", (ROOT / "server" / file).read_text()), (name, file)


def test_each_term_of_the_glossary_stands_once() -> None:
    terms = re.findall(r"^\| ([\w ,]+?) \| [^|]*[\u4e00-\u9fff]", TEXT, re.MULTILINE)
    assert len(terms) > 30
    assert len(terms) == len(set(terms))
