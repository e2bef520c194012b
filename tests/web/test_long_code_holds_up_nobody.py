"""Code of 256 KiB in short lines: its pages have bounded size, and what takes long leaves the event loop free."""

import asyncio
from collections.abc import Awaitable

import httpx
from form import a_form, path_of
from held_up import Gaps
from site_under_test import Site

from server.domain.ids import EndpointId
from server.store import drafts

HANDLER = "function handler(webhook) { return webhook; }\n"
ZEROS, ONES = HANDLER + "0\n" * 100_000, HANDLER + "1\n0\n" * 50_000


async def answered(request: Awaitable[httpx.Response]) -> tuple[httpx.Response, float]:
    """The answer, and the longest time in which the event loop did nothing else."""
    gaps = Gaps()
    task = asyncio.ensure_future(request)
    while not task.done():
        await asyncio.sleep(0.005)
        gaps.step()
    return task.result(), gaps.longest


async def test_differences_and_lines_of_long_code_are_shown_within_bounds(site: Site) -> None:
    endpoint_id = path_of(await site.post("/endpoints", a_form(code=ZEROS))).split("/")[3]
    at = f"/endpoints/{endpoint_id}"
    await site.post(f"{at}/transformation", a_form(code=ONES))
    base = (await site.services.store.read(lambda tx: drafts.revisions(tx, EndpointId(endpoint_id))))[0].id
    merging = a_form(code=ZEROS + "2\n", merge="on", base=base)

    for request in (
        site.get(f"{at}/transformation/activate"),
        site.get(f"{at}/history/compare"),
        site.post(f"{at}/transformation", a_form(code=ZEROS + "2\n", seen="old")),
        site.post(f"{at}/transformation", merging),
    ):
        page, gap = await answered(request)
        assert page.status_code in (200, 409)
        assert len(page.content) < 4_000_000
        assert gap < 1
        if page.url.path.endswith(("activate", "compare")):
            assert "Only its beginning is shown" in page.text


async def test_the_address_of_an_older_page_of_the_history_may_be_anything(each_site: Site) -> None:
    endpoint_id = path_of(await each_site.post("/endpoints", a_form())).split("/")[3]
    for number in ("1" * 30, "-1", "x", "²", "2147483648"):
        page = await each_site.get(f"/endpoints/{endpoint_id}/history?version={number}")
        assert page.status_code == 200
