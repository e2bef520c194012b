"""The page about what code can use: contract, limits as they are set, and every known difference."""

from html import unescape

from site_under_test import Site

from server.sandbox.differences import DIFFERENCES


async def test_the_page_names_limits_and_every_difference(site: Site) -> None:
    page = unescape((await site.get("/docs/code")).text)
    assert "64 MiB" in page
    for each in DIFFERENCES:
        assert each.expression in page
        assert each.why in page
