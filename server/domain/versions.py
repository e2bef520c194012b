"""Versions of an endpoint's code, the draft that becomes the next one, and activations: which version served when."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.domain.ids import ActivationId, CodeDraftId, EndpointId, Millis, ShadowId, VersionId

MAX_NOTE = 1000
"""Characters of a note on a version or an activation."""


class VersionOrigin(StrEnum):
    """Where a version came from."""

    PAGE = "page"
    COMMAND_LINE = "command_line"
    IMPORT = "import"
    CARD = "card"
    """The card's own code, unchanged."""


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an endpoint's code. A version never changes; a change of the code becomes the next version."""

    id: VersionId
    endpoint_id: EndpointId
    number: int
    code: str
    created_at: Millis
    author: str = ""
    """Who made it; empty for one from before authors were kept."""
    note: str = ""
    origin: VersionOrigin = VersionOrigin.PAGE
    variable_names: tuple[str, ...] | None = None
    """The variables that the endpoint had; ``None`` for one from before they were kept."""


@dataclass(frozen=True, slots=True)
class VersionName:
    """A version without its code, to name it, to link to it and to choose it."""

    id: VersionId
    endpoint_id: EndpointId
    number: int
    note: str


class MissingVersion(Exception):
    """The version that a person chose for a delivery is not stored, or is another endpoint's."""


class ActivationReason(StrEnum):
    """Why another version began to serve."""

    CREATED = "created"
    """The endpoint was created with it."""
    ACTIVATED = "activated"
    ROLLED_BACK = "rolled_back"
    PROMOTED = "promoted"
    """It had run as a shadow."""
    SWITCHED_OFF = "switched_off"
    """The transformation was disabled: events are forwarded unchanged."""
    SWITCHED_ON = "switched_on"
    MIGRATED = "migrated"
    """It was saved before activations were kept, when saving activated a version."""


@dataclass(frozen=True, slots=True)
class Activation:
    """The moment from which a version serves. The next activation of the endpoint ends it; nothing is overwritten."""

    id: ActivationId
    endpoint_id: EndpointId
    version_id: VersionId | None
    """``None``: no code serves, events are forwarded unchanged."""
    former_version_id: VersionId | None
    reason: ActivationReason
    author: str
    note: str
    created_at: Millis
    failing: int = 0
    """How many test cases failed when it was activated all the same."""
    override_note: str = ""
    """Why it was activated although test cases failed."""


@dataclass(frozen=True, slots=True)
class CodeDraft:
    """What the editor saved last. It changes nothing that is delivered until it is activated."""

    id: CodeDraftId
    endpoint_id: EndpointId
    revision: int
    """Counts the saves of the endpoint's draft."""
    code: str
    variables: Mapping[str, str] | None
    """``None``: those of the endpoint."""
    transforming: bool
    base_version_id: VersionId | None
    """The version that was active when it was begun."""
    author: str
    created_at: Millis
    checks: str | None = None
    """What the test cases said about it, as JSON; ``None`` while they have not run."""
    unreadable: bool = False
    """Its variables cannot be decrypted: somebody must enter them again before it is activated."""


@dataclass(frozen=True, slots=True)
class RunningShadow:
    """A version that runs beside the active one on live events and sends nothing."""

    id: ShadowId
    version: Version
    until: Millis
