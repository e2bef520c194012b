"""All cards by name: the built-in ones, and the installation's own, which change while Hookbench runs."""

from collections.abc import Iterator, Mapping

from server.domain.cards import Card

OWN = "own:"
"""The names of own cards begin with this, so that they never meet a folder of ``transforms/``."""


class CardShelf(Mapping[str, Card]):
    """The cards in the order of the picker: built-in ones first, then own ones by title."""

    def __init__(self, built_in: Mapping[str, Card]) -> None:
        self._built_in = dict(built_in)
        self._all = dict(built_in)

    def put_own(self, own: Mapping[str, Card]) -> None:
        """Replace all own cards."""
        by_title = sorted(own.items(), key=lambda item: item[1].title.casefold())
        self._all = {**self._built_in, **dict(by_title)}

    def __getitem__(self, name: str) -> Card:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def is_own(name: str) -> bool:
    return name.startswith(OWN)
