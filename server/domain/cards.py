"""An integration card: what it asks for, where it sends to, and how it authenticates. Cards live in ``transforms/``."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    TEXT = "text"
    SECRET = "secret"  # noqa: S105  a kind of field
    CHOICE = "choice"


class Auth(StrEnum):
    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class CardField:
    name: str
    label: str
    kind: FieldKind
    help: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label) pairs; the first is the default."""
    pattern: str = ""
    """A regular expression that the whole value must match; empty for any text."""
    pattern_hint: str = ""
    """The sentence shown when it does not."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of code that the card offers beside its default."""

    name: str
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    """The folder's name, such as ``customer_io``."""
    title: str
    summary: str
    steps: tuple[str, ...]
    """What to do at the destination, sentence by sentence."""
    fields: tuple[CardField, ...]
    asks_url: bool
    """The person types the URL; otherwise ``urls`` gives it."""
    url_placeholder: str
    url_is_secret: bool
    """The URL itself grants access, as Slack's does."""
    urls: Mapping[str, str]
    """Default URL by the value of the first choice field; the key ``""`` when there is no choice."""
    auth: Auth
    auth_fields: tuple[str, ...]
    """Basic: user and password field; Bearer: the token field."""
    default_code: str
    samples: tuple[Sample, ...]
    icon: str
    """The inside of an SVG with ``viewBox="0 0 24 24"``, drawn with ``currentColor``; ours, trusted."""
    transforms: bool = True
    """Whether a new endpoint starts with its transformation switched on."""

    def default_url(self, credentials: Mapping[str, str]) -> str:
        """The URL for a card that does not ask for one. Nothing chosen yet means the first choice."""
        choice = next((f for f in self.fields if f.kind is FieldKind.CHOICE), None)
        if choice is None:
            return self.urls.get("", "")
        return self.urls.get(credentials.get(choice.name) or choice.choices[0][0], "")

    def auth_headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """The headers that the credentials become."""
        match self.auth:
            case Auth.BASIC:
                pair = ":".join(credentials.get(name, "") for name in self.auth_fields)
                return {"authorization": "Basic " + b64encode(pair.encode()).decode()}
            case Auth.BEARER:
                return {"authorization": "Bearer " + credentials.get(self.auth_fields[0], "")}
            case Auth.NONE:
                return {}
