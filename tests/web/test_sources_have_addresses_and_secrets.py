"""Two sources from the first start, each with an address that nobody guesses and a secret that a person enters."""

import re
from html import unescape
from pathlib import Path

import pytest
from builders import SECRET
from events import standard_signed
from newcomer import Newcomer, newcomer

from server.domain.sources import Mode, Source
from server.store import sources

EVENT = '{"type":"payment.succeeded","data":{}}'


async def stored(visitor: Newcomer) -> list[Source]:
    return await visitor.app.state.services.store.read(sources.every)


async def delivers(visitor: Newcomer, source: Source, secret: str = SECRET) -> int:
    """Send a signed event to the source's address; returns the status."""
    event = standard_signed(secret, EVENT)
    answer = await visitor.post(f"/in/{source.token}", content=event.body, headers=event.headers)
    return answer.status_code


async def test_the_first_start_makes_test_and_live(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        made = await stored(visitor)
        assert [(source.name, source.mode, source.secret) for source in made] == [
            ("Test", Mode.TEST, None),
            ("Live", Mode.LIVE, None),
        ]
        assert made[0].token != made[1].token
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{32,}", source.token) for source in made)  # 192 bits


async def test_the_second_start_keeps_them(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        before = await stored(visitor)
    async with newcomer(tmp_path) as visitor:
        assert await stored(visitor) == before


async def test_the_page_shows_each_address_as_the_visitor_reaches_us(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        for source in await stored(visitor):
            page = (await visitor.get(f"/{source.slug}/sources")).text
            assert f"http://hookbench.test/in/{source.token}" in page


async def test_the_operators_public_address_comes_first(tmp_path: Path) -> None:
    async with newcomer(tmp_path, public_url="https://hooks.example.com/") as visitor:
        await visitor.sets_up()
        visitor.cookies.jar.clear()  # the cookie is for https only
        visitor.base_url = "https://hookbench.test"  # type: ignore[assignment]
        await visitor.signs_in()
        for source in await stored(visitor):
            page = (await visitor.get(f"/{source.slug}/sources")).text
            assert f"https://hooks.example.com/in/{source.token}" in page


async def test_without_a_secret_every_event_is_refused_and_the_page_says_so(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        assert await delivers(visitor, (await stored(visitor))[0]) == 401
        assert "Add a signing secret. Until then every event is rejected." in (await visitor.get("/sources")).text


async def test_a_saved_secret_lets_events_in_to_its_own_source_alone(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        test, live = await stored(visitor)
        answer = await visitor.post(f"/sources/{test.id}/secret", data={"secret": f" {SECRET}\n"})
        assert answer.headers["location"] == "/test/sources?said=secret-saved"
        assert await delivers(visitor, test) == 200
        assert await delivers(visitor, live) == 401


@pytest.mark.parametrize(
    ("secret", "sentence"),
    [
        ("", "Paste the signing secret"),
        ("whsec_", "Paste the signing secret"),
        ("whsec_AAAA BBBB", "contains a space"),
        ("whsec_not-base64!", "after whsec_ must be base64"),
        ("whsec_AAAA", "3 bytes long"),
    ],
)
async def test_a_wrong_secret_is_kept_in_the_box_with_a_sentence_beside_it(
    tmp_path: Path, secret: str, sentence: str
) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        live = (await stored(visitor))[1]
        answer = await visitor.post(f"/sources/{live.id}/secret", data={"secret": secret})
        assert answer.status_code == 422
        assert sentence in unescape(answer.text)
        box = re.search(r'<input[^>]* id="field-secret"[^>]*>', answer.text)
        assert box and f'value="{secret}"' in box[0] and 'aria-invalid="true"' in box[0]
        assert f'action="/live/sources/{live.id}/secret"' in answer.text  # the next try goes to the same source
        assert [source.secret for source in await stored(visitor)] == [None, None]


async def test_a_generated_secret_can_be_used_at_once(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        test = (await stored(visitor))[0]
        await visitor.post(f"/sources/{test.id}/secret/new")
        secret = (await stored(visitor))[0].secret
        assert secret
        assert await delivers(visitor, test, secret) == 200


async def test_a_new_address_stops_the_old_one(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        old = (await stored(visitor))[0]
        await visitor.post(f"/sources/{old.id}/secret", data={"secret": SECRET})
        await visitor.post(f"/sources/{old.id}/address")
        new = (await stored(visitor))[0]
        assert new.token != old.token
        assert await delivers(visitor, new) == 200
        assert await delivers(visitor, old) == 404


async def test_a_source_that_does_not_exist_is_not_found(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        for path in ("secret", "secret/new", "address"):
            answer = await visitor.post(f"/sources/src_none/{path}", data={"secret": SECRET})
            assert answer.status_code == 404
            assert "This source does not exist." in answer.text
