"""Which version of the code a resend, a replay or a re-run of parked deliveries will run."""

from dataclasses import dataclass

from server.actions.endpoints import serving
from server.domain.endpoints import Endpoint
from server.domain.ids import VersionId
from server.domain.sentences import Invalid, Problem, Sentence, say
from server.domain.versions import Version
from server.store import Transaction, versions

FIELD = "version"
"""The field of a form that the problems belong to."""


@dataclass(frozen=True, slots=True)
class VersionChoice:
    """What a person chose on a page."""

    version_id: VersionId | None = None
    """``None``: each delivery runs the version that is active when it is sent."""
    shown_active: str | None = None
    """The id of the active version that the page named; empty when it said that no code runs. If that changed, the
    person is asked again. ``None``: the page named none."""

    def found(self, tx: Transaction, endpoint: Endpoint) -> Version | None:
        """The chosen version; ``None`` for the active one. Raises ``Invalid`` if it is not a version of the endpoint,
        or if another version became active after the page was opened."""
        if self.version_id is not None:
            chosen = versions.of_endpoint(tx, endpoint.id, self.version_id)
            if chosen is None:
                raise Invalid(Problem(FIELD, say("This version does not exist.")))
            return chosen
        if self.shown_active is not None and self.shown_active != (serving(endpoint) or ""):
            raise Invalid(Problem(FIELD, _changed_meanwhile(endpoint)))
        return None


ACTIVE = VersionChoice()
"""The version that is active when a delivery is sent."""


def _changed_meanwhile(endpoint: Endpoint) -> Sentence:
    if endpoint.version is None or not endpoint.transforming:
        return say("The transformation was disabled after you opened this page. Choose again what to send.")
    number = endpoint.version.number
    return say(
        "Version {number} became active after you opened this page. Choose again which version to run.", number=number
    )
