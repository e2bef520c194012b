"""Language and theme: chosen once, kept in this browser."""

from pathlib import Path

from newcomer import Newcomer, newcomer

from server.domain.sources import Source
from server.store import sources


async def live_of(visitor: Newcomer) -> Source:
    return (await visitor.app.state.services.store.read(sources.every))[1]


async def test_a_stranger_may_choose_the_theme_too(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/preferences", data={"theme": "dark", "next": "/login"})
        assert answer.headers["location"] == "/login"
        assert 'data-theme="dark"' in (await visitor.get("/login")).text


async def test_the_language_is_kept(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.post("/preferences", data={"lang": "zh_Hans"})
        assert '<html lang="zh-Hans"' in (await visitor.get("/login")).text


async def test_what_is_no_choice_is_not_kept(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.post("/preferences", data={"lang": "xx", "theme": 'x" onload="'})
        assert dict(visitor.cookies) == {}


async def test_choosing_a_language_keeps_the_set_up_link(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        link = f"/setup?token={visitor.app.state.setup.token}"
        assert f'name="next" value="{link}"' in (await visitor.get(link)).text
        refused = await visitor.sets_up(password="short", repeated="short")
        assert f'name="next" value="{link}"' in refused.text


async def test_choosing_a_language_keeps_where_signing_in_leads(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        shown = await visitor.get("/login", params={"next": "/test/logs?status=failed"})
        assert 'name="next" value="/login?next=/test/logs%3Fstatus%3Dfailed"' in shown.text


async def test_from_a_refused_form_one_is_led_to_a_page_and_not_to_its_address(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        source = await live_of(visitor)
        refused = await visitor.post(f"/sources/{source.id}/secret", data={"secret": "abc"})
        assert refused.status_code == 422
        assert 'name="next" value="/live/sources"' in refused.text
        assert f'name="next" value="/test/sources/{source.id}/secret"' not in refused.text
