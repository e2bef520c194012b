"""Search terms: the ids, e-mail addresses and order numbers in an event by which people look for it.

Which paths of an event hold them is data here, by the family of the event type. People add keys of ``metadata`` in the
settings. A term is normalised text: trimmed, lower case, of bounded length.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from server.domain.payloads import ANY, Payload, steps_of
from server.domain.sentences import Sentence, say

MIN_CHARACTERS, MAX_CHARACTERS = 2, 128
"""Values that are shorter or longer are no search terms."""
MAX_TERMS = 32
"""Search terms of one message; the first ones that ``PATHS`` names."""
MAX_METADATA_KEYS = 20
MAX_METADATA_KEY_CHARACTERS = 64

DEFAULT_METADATA_KEYS = ("order_id", "order", "order_number", "reference", "user_id")

_CUSTOMER = ("data.customer.email", "data.customer.customer_id")
_LINKS = ("data.payment_id", "data.subscription_id", "data.customer_id")

PATHS: Mapping[str, tuple[str, ...]] = {
    "payment": (
        "data.payment_id",
        *_CUSTOMER,
        "data.subscription_id",
        "data.invoice_id",
        "data.checkout_session_id",
        "data.subscription_ids.*",
        "data.refunds.*.refund_id",
        "data.disputes.*.dispute_id",
    ),
    "refund": ("data.refund_id", "data.payment_id", *_CUSTOMER, "data.network_reference"),
    "dispute": ("data.dispute_id", "data.payment_id", *_CUSTOMER),
    "subscription": ("data.subscription_id", "data.payment_id", *_CUSTOMER),
    "license_key": ("data.id", "data.key", *_LINKS),
    "payout": ("data.payout_id",),
    "credit": ("data.id", "data.grant_id", "data.subscription_id", "data.customer_id", "data.reference_id"),
    "abandoned_checkout": ("data.payment_id", "data.recovered_payment_id", "data.customer_id"),
    "dunning": _LINKS,
    "entitlement_grant": ("data.id", "data.license_key.id", "data.license_key.key", *_LINKS),
}
"""Where the events of Dodo's families hold what people search for, by the part of the event type before the dot."""

OTHER_PATHS = (
    *("data.id", "data.email", "data.object.id", "data.order_id", "data.user_id", "data.refund_id", "data.dispute_id"),
    *(*_LINKS, *_CUSTOMER, "data.customer.id", "data.user.id", "data.user.email", "data.customer_email"),
)
"""The same for events of other senders, whose families nobody knows."""

METADATA_PATHS = ("data.metadata", "data.customer.metadata")
"""Objects whose keys people choose."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """What people chose for the search."""

    metadata_keys: tuple[str, ...] = DEFAULT_METADATA_KEYS
    """Keys of ``metadata`` whose values are search terms. ``order_id`` also finds ``orderId`` and ``Order-ID``."""
    full_text: bool = False
    """Whether words anywhere in payloads can be searched."""
    edition: int = 1
    """Counts the changes of ``metadata_keys``; what an earlier edition indexed is indexed anew."""


@dataclass(frozen=True, slots=True)
class Backfill:
    """How far messages from before an edition of the settings are indexed under it, the newest first."""

    edition: int
    cursor: str
    """Messages before this id are still to be indexed; empty when none are left."""
    done: int = 0
    """Messages indexed so far."""


@dataclass(frozen=True, slots=True)
class TextIndex:
    """Which messages full text has: those from ``oldest`` to ``newest``."""

    newest: str
    oldest: str
    """Empty when no older messages are left."""
    done: int = 0
    """Messages whose words were stored so far."""


_UNKNOWN = ""
"""Stands among the terms for a number that was not parsed, or for null."""


def terms_in(
    event_type: str, payload: Payload, metadata_keys: tuple[str, ...], *, body: bytes = b""
) -> tuple[str, ...]:
    """The search terms of an event, each once, at most ``MAX_TERMS``. Never raises; an unreadable event has none.

    ``body``: for a payload that was parsed without numbers, which is faster. It is parsed again in the rare case that a
    key of metadata has a number.
    """
    found: list[str] = []
    tree = _tree(event_type.partition(".")[0], metadata_keys)
    try:
        _collect(payload.value, tree, found)
        if _UNKNOWN in found:
            if body:
                found.clear()
                _collect(Payload(body).value, tree, found)
            found = [text for text in found if text != _UNKNOWN]
        return tuple(islice(_all_normalised(found), MAX_TERMS))
    except Exception:  # whatever a payload holds, its message is stored
        return ()


def _all_normalised(texts: list[str]) -> Iterable[str]:
    """These texts as search terms, each once. Plain ones, which are the rule, are looked at together: it is faster."""
    joined = " ".join(texts).lower()
    plain = joined.isascii() and joined.isprintable() and '"' not in joined and "\\" not in joined
    if plain and joined.count(" ") == len(texts) - 1:
        return dict.fromkeys(joined.split(" "))
    return dict.fromkeys(filter(None, map(normalised, texts)))


def normalised(text: str) -> str:
    """A value of an event, or what a person typed, as a search term; empty if it cannot be one.

    The result has no quotes, backslashes, control characters or lone surrogates, so it can stand in JSON and in a
    column of text as it is.
    """
    if len(text) > MAX_CHARACTERS:
        return ""
    term = str.lower(text).strip()
    if not MIN_CHARACTERS <= len(term) <= MAX_CHARACTERS:
        return ""
    return term if term.isprintable() and '"' not in term and "\\" not in term else ""


def as_key(text: str) -> str:
    """A key of ``metadata`` without what people write differently: case, ``_``, ``-`` and spaces."""
    return text.lower().replace("_", "").replace("-", "").replace(" ", "")


def metadata_keys_problem(keys: tuple[str, ...]) -> Sentence | None:
    """What is wrong with the keys of metadata that a person typed; ``None`` if nothing is."""
    if len(keys) > MAX_METADATA_KEYS:
        return say("At most {limit} keys.", limit=MAX_METADATA_KEYS)
    for key in keys:
        if len(key) > MAX_METADATA_KEY_CHARACTERS:
            return say(
                "The key {key} is longer than {limit} characters.",
                key=f"{key[:20]}…",
                limit=MAX_METADATA_KEY_CHARACTERS,
            )
        if not key.isprintable() or not as_key(key):
            return say("A key has letters or digits, such as order_id.")
    return None


@dataclass(slots=True)
class _Node:
    """What to take from one part of an event. It is shaped for speed, since every event passes through it."""

    values: list[str]
    """Names of values that are search terms."""
    parts: list[tuple[str, "_Node"]]
    """Names of parts to look into."""
    each: "_Node | None" = None
    """What to take from each element of a list."""
    is_value: bool = False
    """The part itself is a search term, if it is a text or number."""
    keys: frozenset[str] = frozenset()
    """Keys of ``metadata``, as ``as_key`` makes them."""


def _collect(value: Any, node: _Node, found: list[str]) -> None:
    """Add the texts to take from a part of an event, as they are, but none that is too short or long for a term."""
    if isinstance(value, dict):
        for name in node.values:
            one = value.get(name)
            if one and isinstance(one, str) and MIN_CHARACTERS <= len(one) <= MAX_CHARACTERS:
                found.append(one)
        for name, part in node.parts:
            inner = value.get(name)
            if inner:
                _collect(inner, part, found)
        if node.keys:
            for name, one in islice(value.items(), 4 * MAX_METADATA_KEYS):
                if _key(name) not in node.keys:
                    continue
                if one is None:
                    found.append(_UNKNOWN)
                elif isinstance(one, str) and MIN_CHARACTERS <= len(one) <= MAX_CHARACTERS:
                    found.append(one)
    elif isinstance(value, list):
        if node.each is not None:
            for element in value[:MAX_TERMS]:
                _collect(element, node.each, found)
    elif node.is_value and isinstance(value, str) and MIN_CHARACTERS <= len(value) <= MAX_CHARACTERS:
        found.append(value)


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    return as_key(name[:MAX_METADATA_KEY_CHARACTERS])


@lru_cache(maxsize=256)
def _tree(family: str, metadata_keys: tuple[str, ...]) -> _Node:
    """All paths of a family as one tree, so that each part of an event is looked up once."""
    tree = _Node([], [])
    for path in PATHS.get(family, OTHER_PATHS):
        *steps, last = steps_of(path) or ()
        node = _at(tree, steps)
        if last is ANY:
            node.each = _Node([], [], is_value=True)
        else:
            node.values.append(last)
    keys = frozenset(filter(None, map(as_key, metadata_keys)))
    for path in METADATA_PATHS if keys else ():
        _at(tree, steps_of(path) or ()).keys = keys
    return tree


def _at(node: _Node, steps: Iterable[Any]) -> _Node:
    """The node at the end of a path, which is made if it is missing."""
    for step in steps:
        inner = node.each if step is ANY else dict(node.parts).get(step)
        if inner is None:
            inner = _Node([], [])
            if step is ANY:
                node.each = inner
            else:
                node.parts.append((step, inner))
        node = inner
    return node
