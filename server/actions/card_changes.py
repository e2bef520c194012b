"""What becomes of a typed form when another card is chosen: everything that fits stays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from server.actions.endpoint_form import EndpointForm
from server.domain import linear_patterns
from server.domain.cards import Card, CardField, FieldKind


@dataclass(frozen=True, slots=True)
class CardChange:
    draft: EndpointForm
    """The form of the new card. It also keeps values that only other cards use, so that changing back restores them."""
    code_kept: bool
    """Whether the code was written for the former card and stayed because a person had edited it."""


def change_card(draft: EndpointForm, former: Card, card: Card) -> CardChange:
    """The draft for another card.

    Code that nobody edited, which is the former card's default or one of its samples, becomes the new card's default.
    """
    typed = dict(draft.credentials or {})
    fitting = {name: value for name, value in typed.items() if not _is_foreign_choice(card, name, value)}
    changed = _with_recognised(replace(draft, card=card.name, credentials=fitting), card)
    if card.name == former.name:
        return CardChange(changed, False)
    if draft.rate_limit == former.typed_rate_limit:
        changed = replace(changed, rate_limit=card.typed_rate_limit)
    if _is_edited(draft.code, former, card):
        return CardChange(changed, True)
    # Somebody who switched the transformation on or off decided it; otherwise the new card does.
    decided = draft.transforming != former.transforms
    transforming = draft.transforming if decided else card.transforms
    return CardChange(replace(changed, code=card.default_code, transforming=transforming), False)


def _with_recognised(draft: EndpointForm, card: Card) -> EndpointForm:
    """The draft with the values that certainly belong to the card in its own fields, as far as those are empty."""
    credentials = dict(draft.credentials or {})
    values, url = [draft.url, *credentials.values()], draft.url

    def known(pattern: str) -> str:
        return next((each for each in values if pattern and each and linear_patterns.fits(pattern, each)), "")

    if card.asks_url and not url:
        url = known(card.url.known_by)
    for field in card.fields:
        if not credentials.get(field.name) and (value := known(field.known_by)):
            credentials[field.name] = value
    return replace(draft, url=url, credentials=credentials)


def _is_edited(code: str, former: Card, card: Card) -> bool:
    known = (former.default_code, card.default_code, *(sample.code for sample in (*former.samples, *card.samples)))
    return bool(code.strip()) and code.strip() not in {text.strip() for text in known}


def _is_foreign_choice(card: Card, name: str, value: str) -> bool:
    """Whether the value is a choice of another card's field of the same name, which this card does not offer."""
    fields: Mapping[str, CardField] = {field.name: field for field in card.fields}
    field = fields.get(name)
    return field is not None and field.kind is FieldKind.CHOICE and value not in dict(field.choices)
