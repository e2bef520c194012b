"""Faults that axe finds in a page, in light and in dark.

axe is told to report violations only, and is handed over once a page: both take several times as long as the search.
"""

from functools import cache

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RUN = """async (options) => {
  for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish()
  const found = await axe.run(document, {...options, resultTypes: ["violations"]})
  return found.violations.map((fault) => `${fault.id}: ${fault.nodes[0].html.slice(0, 200)}`)
}"""
# By name: the tag of colours also has a rule of level AAA, which axe leaves out unless a tag asks for it.
RULES_OF_COLOURS = ["color-contrast", "link-in-text-block"]
COLOURS = {"runOnly": {"type": "rule", "values": RULES_OF_COLOURS}}
NO_COLOURS = {"rules": {rule: {"enabled": False} for rule in RULES_OF_COLOURS}}


@cache
def _axe() -> str:
    script: str = Axe().axe_script
    return script


def faults_in(page: Page, options: object = None) -> list[str]:
    """The faults of a page as it is now, in the theme that it has.

    axe is handed over as the debugger does, since the pages' policy lets no foreign script in.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(RUN, options or {})
    return found


def faults_in_light(page: Page, *, colours: bool = True) -> list[str]:
    """The faults of a page in light; without ``colours`` those of its structure, in a quarter of the time."""
    page.emulate_media(color_scheme="light")
    return faults_in(page, {} if colours else NO_COLOURS)


def faults_in_both_themes(page: Page, *, forced: bool = False) -> list[str]:
    """The faults of a page in light, and those of its colours in dark, which is all that a theme changes.

    Both are found in the same page: loading it and axe takes as long as the search. ``forced``: also the colours of a
    contrast theme.
    """
    light = faults_in_light(page)
    page.emulate_media(color_scheme="dark")
    found = light + [f"dark, {fault}" for fault in faults_in(page, COLOURS)]
    if forced:
        page.emulate_media(forced_colors="active")
        found += [f"forced colours, {fault}" for fault in faults_in(page, COLOURS)]
        page.emulate_media(forced_colors="none")
    return found
