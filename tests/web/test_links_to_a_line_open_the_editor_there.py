"""?line= opens the editor at the line at which an event failed, or says where that line is now."""

import pytest
from form import a_form, path_of, text_of
from site_under_test import Site

from server.store import versions

CODE = "function handler(webhook) {\n  webhook.payload.data.nothing.at;\n  return webhook;\n}"


@pytest.fixture
async def version(site: Site) -> tuple[str, str]:
    """The path of an endpoint with this code, and the id of its version."""
    path = path_of(await site.post("/endpoints", a_form(code=CODE)))
    found = await site.services.store.read(lambda tx: versions.history(tx, path.rpartition("/")[2], 1))
    return path, found[0].id


async def test_the_line_is_shown_and_marked(site: Site, version: tuple[str, str]) -> None:
    path, ran = version

    page = (await site.get(f"{path}/transformation?line=2&column=24&ran={ran}")).text

    assert "An event failed in line 2 of v1." in text_of(page)
    assert "webhook.payload.data.nothing.at;" in text_of(page)
    assert 'data-editor-arrive data-line="2" data-column="24"' in page
    assert f"/versions/{ran}#L2" in page


async def test_other_code_in_the_editor_has_the_line_elsewhere_or_not_at_all(
    site: Site, version: tuple[str, str]
) -> None:
    path, ran = version
    await site.post(f"{path}/transformation", a_form(code="// more\n\n" + CODE))
    page = (await site.get(f"{path}/transformation?line=2&ran={ran}")).text
    assert 'data-editor-arrive data-line="4"' in page

    await site.post(f"{path}/transformation", a_form(code="const handler = (w) => w;"))
    page = (await site.get(f"{path}/transformation?line=2&ran={ran}")).text
    assert "data-editor-arrive" not in page
    assert "The editor shows other code, which does not have this line." in text_of(page)


@pytest.mark.parametrize("query", ["line=0", "line=-1", "line=99999999999999999999", "line=2&ran=ver_other&column=-4"])
async def test_odd_addresses_open_the_page(site: Site, version: tuple[str, str], query: str) -> None:
    answer = await site.get(f"{version[0]}/transformation?{query}")

    assert answer.status_code == 200
