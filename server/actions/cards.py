"""Reads the built-in integration cards: the folders in ``transforms/`` that contain a ``card.toml``."""

from pathlib import Path

from server.domain.card_archives import NAME
from server.domain.card_files import CARD_FILE, parse_card
from server.domain.card_tables import MalformedCard
from server.domain.cards import Card

FIRST = "webhook"
"""The generic card comes first in the list; the others follow by title."""

_IN_FOLDERS = ("samples", "expected")


def load_cards(folder: Path) -> dict[str, Card]:
    """All cards by name, in the order of the list. Raises ``MalformedCard`` for the first that cannot be used."""
    cards = [load_card(file.parent) for file in folder.glob(f"*/{CARD_FILE}")]
    cards.sort(key=lambda card: (card.name != FIRST, card.title.casefold()))
    return {card.name: card for card in cards}


def load_card(folder: Path) -> Card:
    """The card in one folder. Raises ``MalformedCard``."""
    if not NAME.fullmatch(folder.name):
        raise MalformedCard(f"{folder.name}: a card's folder is named in small letters, digits and underscores")
    return parse_card(folder.name, read_files(folder), trusted=True)


def read_files(folder: Path) -> dict[str, str]:
    """The text files of a card's folder, by their paths in it. Raises ``MalformedCard``."""
    paths = [*folder.iterdir(), *(file for name in _IN_FOLDERS for file in (folder / name).glob("*"))]
    return {
        path.relative_to(folder).as_posix(): _read(path, folder)
        for path in sorted(paths)
        if path.is_file() and not path.name.startswith(".")
    }


def _read(path: Path, folder: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MalformedCard(f"{path.relative_to(folder.parent).as_posix()} is not UTF-8 text") from error
