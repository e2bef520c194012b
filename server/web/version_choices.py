"""What a page says about the version that a resend, replay or re-run will run, and the other versions it offers."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.actions.endpoints import serving
from server.actions.version_choices import VersionChoice
from server.domain.endpoints import Endpoint
from server.domain.ids import VersionId
from server.domain.sentences import Sentence, say
from server.domain.versions import Version, VersionName
from server.web import forms
from server.web.forms import Form

MAX_NOTE = 30
"""Characters of a version's note in a list of choices."""


@dataclass(frozen=True, slots=True)
class VersionsToRun:
    """The active version and the others, for ``ui.version_select``."""

    active: Version | None
    """``None``: no code runs, the event is sent as received."""
    others: Sequence[VersionName]
    """The endpoint's other versions, newest first."""
    chosen: str = ""
    """The id of the chosen version; empty for the active one."""

    @property
    def shown_active(self) -> str:
        """What the form sends back, so that nobody runs another version than the page said."""
        return self.active.id if self.active else ""

    @property
    def options(self) -> list[tuple[str, Sentence]]:
        """(value, text) of each choice."""
        first = say("As received, without code")
        if self.active:
            first = say("v{number}, the active version", number=self.active.number)
        return [("", first), *self.other_options]

    @property
    def other_options(self) -> list[tuple[str, Sentence]]:
        return [(each.id, _named(each)) for each in self.others]


def versions_to_run(endpoint: Endpoint, known: Sequence[VersionName], chosen: str = "") -> VersionsToRun:
    """``known``: the versions of the endpoint that can be chosen."""
    active = serving(endpoint)
    others = sorted({each.id: each for each in known if each.id != active}.values(), key=lambda each: -each.number)
    return VersionsToRun(endpoint.version if active else None, others, chosen)


def posted_choice(form: Form) -> VersionChoice:
    """What a form with ``ui.version_select`` says."""
    chosen = form.text("version")[: forms.MAX_STAMP]
    shown = form.optional("active_version")
    return VersionChoice(VersionId(chosen) if chosen else None, None if shown is None else shown[: forms.MAX_STAMP])


def _named(version: VersionName) -> Sentence:
    if not version.note:
        return say("v{number}", number=version.number)
    note = version.note if len(version.note) <= MAX_NOTE else f"{version.note[:MAX_NOTE]}…"
    return say("v{number}: {note}", number=version.number, note=note)
