"""The name of an endpoint as people see it: on pages, in e-mails and in the webhook."""

import re
from collections.abc import Collection, Mapping

from server.domain.cards import Card
from server.domain.endpoints import URL_NOT_SET, Endpoint
from server.domain.masking import shown_url
from server.domain.shortened import shortened

MAX_NAME = 80
"""Characters of a name."""

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


def endpoint_name(cards: Mapping[str, Card], endpoint: Endpoint) -> str:
    """The endpoint's name; for an endpoint that has none, the name that would be generated for it."""
    return endpoint.name or generated_name(cards, endpoint.card, endpoint.description, endpoint.url)


def generated_name(cards: Mapping[str, Card], card: str, description: str, url: str) -> str:
    """The first line of the description; else the address, or the card's title if that tells more."""
    if described := description.strip().partition("\n")[0].strip():
        return shortened(described, MAX_NAME)
    found = cards.get(card)
    titled = found is not None and (not found.asks_url or found.url.secret)
    return shortened(found.title if found and titled else endpoint_address(cards, card, url), MAX_NAME)


def distinct(name: str, taken: Collection[str]) -> str:
    """The name, with the first number that makes it differ from those taken: ``Customer.io`` → ``Customer.io 2``."""
    known = {each.casefold() for each in taken}
    if name.casefold() not in known:
        return name
    numbered = (f"{name[: MAX_NAME - 5]} {number}" for number in range(2, len(known) + 3))
    return next(each for each in numbered if each.casefold() not in known)


def is_generated(name: str, generated: str) -> bool:
    """Whether a name is ``generated`` as it is, or with the number that ``distinct`` puts behind it."""
    return name == generated or re.fullmatch(re.escape(generated[: MAX_NAME - 5]) + r" [0-9]{1,4}", name) is not None
