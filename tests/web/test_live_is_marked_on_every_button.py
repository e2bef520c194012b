"""In Live, each button that puts something into effect bears the source's name."""

import re

from entries import kept_endpoint, tried
from site_under_test import Site

from server.domain.messages import AttemptOutcome, DeliveryState
from server.domain.sources import Mode
from server.store import sources, versions

FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.S)
BUTTON = re.compile(r"<button\b(?:(?!</button>).)*type=\"submit\".*?</button>", re.S)
NOT_IN_EFFECT = (
    "preferences", "logout", "/settings", "/reveal", "notices/seen", "/transformations/", "/example", "/restore",
    "/discard", "/sources/demo",
)  # fmt: skip
"""Forms that change nothing of the source, or only look."""
HIDDEN = re.compile(
    r"visually-hidden|formaction|data-start-from|data-save|hx-post|name=\"(?:reset|preview|overwrite|merge)\""
)


async def test_each_button_that_acts_in_live_says_live(site: Site) -> None:
    live = next(each for each in await site.services.store.read(sources.every) if each.mode is Mode.LIVE)
    site.source = live
    endpoint = await kept_endpoint(site, "const handler = (w) => w;")
    version = await site.services.store.write(
        lambda tx: versions.insert(tx, endpoint.version.__class__("ver_2", endpoint.id, 0, "// 2", 1))
    )
    assert version.number == 2
    entry = await tried(site, endpoint, DeliveryState.FAILED, outcome=AttemptOutcome.REJECTED)
    home = f"/live/endpoints/{endpoint.id}"
    bare = []
    for address in (
        home, f"{home}/advanced", f"{home}/edit", f"{home}/transformation", f"{home}/history", f"{home}/testing",
        f"{home}/replays/new?kind=failed&count=on&since=all", f"/live/messages/{entry.message.id}", "/live/sources",
    ):  # fmt: skip
        page = await site.client.get(address)
        assert page.status_code == 200, address
        for form in FORM.findall(page.text):
            action = re.search(r"action=\"([^\"]*)", form)
            if action and any(part in action[1] for part in NOT_IN_EFFECT):
                continue
            if "/test/" in form or f"/sources/{(await site.services.store.read(sources.every))[0].id}" in form:
                continue
            bare += [
                (address, re.sub(r"<[^>]*>|\s+", " ", button).strip())
                for button in BUTTON.findall(form)
                if not HIDDEN.search(button) and "live-tag" not in button
            ]
    assert bare == []
