"""The cards as the picker shows them: in groups, each with the words by which its search finds them."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.actions.cards import FIRST
from server.domain.cards import Card, Group
from server.domain.sentences import Sentence, say
from server.web import i18n

GROUPS: Mapping[str, Sentence] = {
    Group.CHAT: say("Chat"),
    Group.EMAIL: say("E-mail and marketing"),
    Group.CRM: say("CRM"),
    Group.ANALYTICS: say("Analytics"),
    Group.AUTOMATION: say("Automation"),
    Group.DEVELOPER: say("Developer tools"),
    Group.OWN: say("Your own cards"),
}


@dataclass(frozen=True, slots=True)
class CardGroup:
    key: str
    """A key of ``GROUPS``; empty for the group without a title, which comes first."""
    title: Sentence | None
    cards: Sequence[tuple[Card, str]]
    """Each card with the text in which the picker searches."""


def groups_of(cards: Iterable[Card]) -> Sequence[CardGroup]:
    """The cards by group, each in the order given. The generic card Webhook is first, without a group."""
    found: dict[str, list[tuple[Card, str]]] = {"": [], **{key: [] for key in GROUPS}}
    for card in cards:
        key = "" if card.name == FIRST else card.group.value
        found[key].append((card, searched_text(card, GROUPS.get(key))))
    return [CardGroup(key, GROUPS.get(key), listed) for key, listed in found.items() if listed]


def searched_text(card: Card, group: Sentence | None = None) -> str:
    """Title, summary, further words and group in all languages, so that people find a card by either name."""
    texts = [card.title, card.summary, *card.words, *([group.text] if group else [])]
    translated = [i18n.translated(text, language) for language in i18n.LANGUAGES for text in texts]
    return folded(" ".join(dict.fromkeys([*texts, *translated])))


def folded(text: str) -> str:
    """The text in the form that is compared: lower case, and full-width letters as ordinary ones."""
    return unicodedata.normalize("NFKC", text).lower()
