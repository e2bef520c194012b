"""The frame of the settings: a page for each section, with the list of sections beside it.

To add a section: a line in ``SECTIONS``, a template ``settings/<key>.html`` that extends ``settings/frame.html`` and
fills its block ``section``, and a route that returns ``section_page``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from server.domain.sentences import Sentence, say
from server.web.render import page
from server.web.visit import Visit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOTIFICATIONS = "notifications"
"""The first section, which has the address of the settings themselves."""


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    """The end of its address, and the name of its template."""
    title: Sentence
    icon: str

    @property
    def path(self) -> str:
        return "/settings" if self.key == NOTIFICATIONS else f"/settings/{self.key}"


SECTIONS = (
    Section(NOTIFICATIONS, say("Notifications"), "bell"),
    Section("appearance", say("Appearance"), "eye"),
    Section("language", say("Language and time zone"), "clock"),
    Section("retention", say("Data and retention"), "catalog"),
    Section("search", say("Search"), "search"),
    Section("networks", say("Networks"), "source"),
    Section("account", say("Account"), "user"),
    Section("about", say("About"), "info"),
)


@dataclass(frozen=True, slots=True)
class SettingsFrame:
    """What the frame of each section shows."""

    sections: Sequence[Section]
    section: Section
    active: str = "settings"


def section_page(
    request: Request,
    here: Visit,
    key: str,
    *values: "DataclassInstance",
    block: str | None = None,
    status: int = 200,
) -> Response:
    """The page of the section ``key``."""
    section = next(section for section in SECTIONS if section.key == key)
    frame = SettingsFrame(SECTIONS, section)
    return page(request, f"settings/{key}.html", here, frame, *values, block=block, status=status)
