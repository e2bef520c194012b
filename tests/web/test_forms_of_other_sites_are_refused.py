"""A form on somebody else's page must not act in the name of who is signed in here."""

from pathlib import Path

import pytest
from newcomer import newcomer

REFUSED = "This request came from another site and was refused."


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://hookbench.test"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://hookbench.test.evil.example"},
    ],
)
async def test_a_foreign_form_changes_nothing(tmp_path: Path, headers: dict[str, str]) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        del visitor.headers["sec-fetch-site"]
        answer = await visitor.post("/logout", headers=headers)
        assert (answer.status_code, answer.text) == (403, REFUSED)
        assert (await visitor.get("/endpoints")).status_code == 200


async def test_our_own_form_is_let_through(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        del visitor.headers["sec-fetch-site"]
        answer = await visitor.post("/preferences", headers={"origin": "http://hookbench.test"})
        assert answer.status_code == 303


async def test_a_link_from_another_site_opens_the_page(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        assert (await visitor.get("/logs", headers={"sec-fetch-site": "cross-site"})).status_code == 200
