"""Names, passwords, sessions, and how often one may guess."""

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from newcomer import newcomer

from server.actions.accounts import MOST_TRIED, MOST_TRIES, TRIES_MS, Tries
from server.web.visit import SESSION_COOKIE

WRONG = "The name or the password is wrong."


async def test_name_and_password_open_the_page_that_was_asked_for(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as other:
            asked = await other.get("/logs?status=failed")
            assert asked.headers["location"] == "/login?next=/logs%3Fstatus%3Dfailed"
            assert 'value="/logs?status=failed"' in (await other.get(asked.headers["location"])).text
            answer = await other.signs_in(next="/logs?status=failed")
            assert (answer.status_code, answer.headers["location"]) == (303, "/logs?status=failed")
            assert (await other.get("/logs?status=failed")).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"name": "eve"}, {"name": "a" * 500}, {"password": "x" * 999}]
)
async def test_a_wrong_name_and_a_wrong_password_get_the_same_sentence(tmp_path: Path, changes: dict[str, str]) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as other:
            answer = await other.signs_in(**changes)
            assert answer.status_code == 422
            assert WRONG in answer.text
            assert SESSION_COOKIE not in other.cookies


async def test_a_password_that_nobody_can_have_is_no_try(tmp_path: Path) -> None:
    """It costs no hash, so ten thousand of them would soon push the counts of real tries out of memory."""
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as other:
            for _ in range(MOST_TRIES + 1):
                await other.signs_in(password="x" * 999)
            assert (await other.signs_in()).status_code == 303


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.sets_up()
        cookie = SimpleCookie(answer.headers["set-cookie"])[SESSION_COOKIE]
        assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "lax", "/")
        assert cookie["max-age"] == str(30 * 24 * 60 * 60)
        assert not cookie["secure"]


async def test_the_session_cookie_stays_off_plain_http_where_the_public_address_is_https(tmp_path: Path) -> None:
    async with newcomer(tmp_path, public_url="https://hooks.example.com") as visitor:
        answer = await visitor.sets_up()
        assert SimpleCookie(answer.headers["set-cookie"])[SESSION_COOKIE]["secure"]


async def test_the_token_of_a_session_is_not_in_the_database(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        token = visitor.cookies[SESSION_COOKIE]
    files = [file.read_bytes() for file in (tmp_path / "data").iterdir()]
    assert files
    assert not any(token.encode() in content for content in files)


async def test_who_signs_out_is_out_even_with_the_old_cookie(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        token = visitor.cookies[SESSION_COOKIE]
        answer = await visitor.post("/logout")
        assert answer.headers["location"].startswith("/login")
        visitor.cookies.set(SESSION_COOKIE, token)
        assert (await visitor.get("/endpoints")).headers["location"].startswith("/login")


async def test_too_many_wrong_passwords_must_wait(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as guesser:
            # At once, since counting only what has failed already would let a crowd through.
            guesses = await asyncio.gather(*(guesser.signs_in(password="wrong") for _ in range(MOST_TRIES)))
            assert all(WRONG in guess.text for guess in guesses)
            answer = await guesser.signs_in()
            assert answer.status_code == 422
            assert "Please wait 15 minutes." in answer.text
        async with visitor.another("198.51.100.9") as owner:
            assert (await owner.signs_in()).status_code == 303


async def test_guesses_at_many_names_from_one_address_come_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.actions.accounts.MOST_FROM_ONE_PLACE", 3)
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as guesser:
            for number in range(3):
                assert WRONG in (await guesser.signs_in(name=f"name {number}")).text
            assert "Please wait 15 minutes." in (await guesser.signs_in(name="one more")).text
        async with visitor.another("198.51.100.9") as owner:
            assert (await owner.signs_in()).status_code == 303


async def test_all_the_ipv6_addresses_of_one_customer_count_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.actions.accounts.MOST_FROM_ONE_PLACE", 3)
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        for number in range(3):
            async with visitor.another(f"2001:db8:1:2::{number}") as guesser:
                await guesser.signs_in(password="wrong")
        async with visitor.another("2001:db8:1:2:3:4:5:6") as guesser:
            assert "Please wait 15 minutes." in (await guesser.signs_in()).text
        async with visitor.another("2001:db8:1:3::1") as owner:
            assert (await owner.signs_in()).status_code == 303


def test_tries_are_forgotten_after_a_while() -> None:
    tries = Tries()
    assert all(tries.take("ada", now=0) for _ in range(MOST_TRIES))
    assert not tries.take("ada", now=TRIES_MS - 1)
    assert tries.take("ada", now=TRIES_MS)


def test_tries_that_are_remembered_are_bounded() -> None:
    tries = Tries()
    for name in range(MOST_TRIED + 50):
        tries.take(f"name {name}", now=0)
    assert len(tries._tried) == MOST_TRIED
