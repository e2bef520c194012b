"""The name of an endpoint as people see it: on pages, in e-mails and in the webhook."""

import re
from collections.abc import Mapping

from server.domain.cards import Card
from server.domain.endpoints import URL_NOT_SET
from server.domain.masking import shown_url

_USER = re.compile(r"//[^/?@]*@")


def endpoint_address(cards: Mapping[str, Card], card: str, url: str) -> str:
    """The URL without the parts that may be keys; the card's title when no URL is set or readable."""
    found = cards.get(card)
    if url in ("", URL_NOT_SET):
        return found.title if found else card
    return without_keys(shown_url(url, whole=bool(found and found.url.secret)))


def without_keys(url: str) -> str:
    """``https://me:pw@host/a?key=k1&x#y`` → ``https://…@host/a?key=…&…``: any value in a query may be a key."""
    address, mark, query = _USER.sub("//…@", url.partition("#")[0], count=1).partition("?")
    if not mark:
        return address
    shown = (f"{name}=…" if equals else "…" for name, equals, _ in (pair.partition("=") for pair in query.split("&")))
    return f"{address}?{'&'.join(shown)}"


def endpoint_name(cards: Mapping[str, Card], card: str, description: str, url: str) -> str:
    """The first line of the description; without one, the card's title if it asks for no URL, otherwise the address."""
    if described := description.strip().partition("\n")[0]:
        return described
    found = cards.get(card)
    return found.title if found and not found.asks_url else endpoint_address(cards, card, url)
