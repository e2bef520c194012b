"""How pages call an endpoint."""

from collections.abc import Iterable, Mapping

from server.actions.drafts import URL_NOT_SET
from server.domain.addresses import host_of
from server.domain.integrations import Card
from server.store import Transaction, endpoints


def endpoint_address(cards: Mapping[str, Card], card: str, url: str) -> str:
    """Where it leads to, without the part that grants access; the card's title while there is no URL."""
    found = cards.get(card)
    if url == URL_NOT_SET:
        return found.title if found else card
    return f"https://{host_of(url)}/…" if found and found.url_is_secret else url


def endpoint_name(cards: Mapping[str, Card], card: str, description: str, url: str) -> str:
    """Its description's first line, otherwise its address; the card's title where nobody typed an address."""
    if described := description.strip().partition("\n")[0]:
        return described
    found = cards.get(card)
    return found.title if found and not found.asks_url else endpoint_address(cards, card, url)


def endpoint_names(tx: Transaction, cards: Mapping[str, Card], ids: Iterable[str]) -> dict[str, str]:
    """By id, deleted endpoints included."""
    return {each: endpoint_name(cards, *known) for each, known in endpoints.names(tx, set(ids)).items()}
