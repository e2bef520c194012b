"""An integration card: its form fields, its URL, and how it authenticates. Cards are folders in ``transforms/``."""

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
    """The sentence shown when the value does not match."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Code that the card offers besides its default."""

    name: str
    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    """The name of its folder, such as ``customer_io``."""
    title: str
    summary: str
    steps: tuple[str, ...]
    """What to do at the destination, one sentence a step."""
    fields: tuple[CardField, ...]
    asks_url: bool
    """The person types the URL; otherwise ``urls`` gives it."""
    url_placeholder: str
    url_is_secret: bool
    """The URL alone grants access, as Slack's does."""
    urls: Mapping[str, str]
    """Default URLs by the value of the first choice field; the key is ``""`` when there is no choice field."""
    auth: Auth
    auth_fields: tuple[str, ...]
    """The names of the user and password fields for Basic, or of the token field for Bearer."""
    default_code: str
    samples: tuple[Sample, ...]
    icon: str
    """The content of an SVG with ``viewBox="0 0 24 24"``, drawn with ``currentColor``. It is our own, so trusted."""
    transforms: bool = True
    """Whether a new endpoint starts with its transformation on."""

    def default_url(self, credentials: Mapping[str, str]) -> str:
        """The URL of a card that does not ask for one. If nothing is chosen yet, the first choice counts."""
        choice = next((f for f in self.fields if f.kind is FieldKind.CHOICE), None)
        if choice is None:
            return self.urls.get("", "")
        return self.urls.get(credentials.get(choice.name) or choice.choices[0][0], "")

    def auth_headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """The authentication headers for the credentials."""
        match self.auth:
            case Auth.BASIC:
                pair = ":".join(credentials.get(name, "") for name in self.auth_fields)
                return {"authorization": "Basic " + b64encode(pair.encode()).decode()}
            case Auth.BEARER:
                return {"authorization": "Bearer " + credentials.get(self.auth_fields[0], "")}
            case Auth.NONE:
                return {}
