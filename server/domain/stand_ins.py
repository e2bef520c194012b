"""What stands in for an endpoint's credentials, URL and keys in a test case, so that a case holds no secret.

The same card gives the same values everywhere: on a server, on the command line and in CI.
"""

from collections.abc import Mapping

from server.domain import linear_patterns
from server.domain.cards import Card, CardField, FieldKind
from server.domain.masking import may_be_key, secrets_in_url

STAND_IN_URL = "https://example.com/webhook"


def stand_in_credentials(card: Card) -> dict[str, str]:
    """A value for each field of a card: the first choice, the card's own example, or ``case-api_key``."""
    return {field.name: _of_field(field) for field in card.fields}


def stand_in_url(card: Card | None) -> str:
    """The URL of a case: the card's own with such credentials, its example of a URL, or ``STAND_IN_URL``."""
    if card is None:
        return STAND_IN_URL
    if not card.asks_url:
        return card.default_url(stand_in_credentials(card))
    example = card.url.placeholder
    fits = example.startswith(("https://", "http://")) and example.isascii() and " " not in example
    return example if fits else STAND_IN_URL


def stand_in_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a case: those of an endpoint, but ``case-NAME`` for a value that may be a key."""
    return {name: f"case-{name}" if _is_secret(name, value) else value for name, value in variables.items()}


def _of_field(field: CardField) -> str:
    if field.choices:
        return field.choices[0][0]
    usual, example = f"case-{field.name}", field.placeholder
    fits = bool(example) and example.isascii() and (not field.pattern or linear_patterns.fits(field.pattern, example))
    if field.kind is FieldKind.SECRET and (not field.pattern or linear_patterns.fits(field.pattern, usual)):
        return usual  # an example of a key may look so real that a scanner of repositories takes it for one
    return example if fits else usual


def _is_secret(name: str, value: str) -> bool:
    return may_be_key(name, value) or ("://" in value and bool(secrets_in_url(value)))
