"""Faults that axe finds in a page, in light and in dark."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RUN = """async (options) => {
  const changes = document.getAnimations().filter((each) => each instanceof CSSTransition)
  await Promise.allSettled(changes.map((each) => each.finished))
  const found = await axe.run(document, {...options, resultTypes: ["violations"]})
  return found.violations.map((fault) => `${fault.id}: ${fault.nodes[0].html.slice(0, 200)}`)
}"""
# By name: the tag of colours also has a rule of level AAA, which axe leaves out unless a tag asks for it.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}


def faults_in_both_themes(page: Page) -> list[str]:
    """The faults of a page in light, and those of its colours in dark, which is all that a theme changes.

    Both are found in the same page: loading it and axe takes as long as the search. axe is handed over as the debugger
    does, since the pages' policy lets no foreign script in.
    """
    page.emulate_media(color_scheme="light")
    page.evaluate(Axe().axe_script)
    light: list[str] = page.evaluate(RUN, {})
    page.emulate_media(color_scheme="dark")
    dark: list[str] = page.evaluate(RUN, COLOURS)
    return light + [f"dark, {fault}" for fault in dark]
