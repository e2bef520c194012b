"""Names, passwords, sessions, and how often one may guess."""

import asyncio
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from newcomer import PASSWORD, newcomer

from server.actions.accounts import (
    MAX_COUNTED_KEYS,
    MAX_TRIES_PER_ADDRESS,
    MAX_TRIES_PER_NAME,
    MAX_TRIES_PER_PROXY,
    MAX_WAITING,
    SLOW_MS,
    WINDOW_MS,
    SignInLimiter,
)
from server.store import accounts
from server.web.visit import SESSION_COOKIE

WRONG = "The name or password is wrong."


async def test_name_and_password_open_the_page_that_was_asked_for(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as other:
            asked = await other.get("/logs?status=failed")
            assert asked.headers["location"] == "/login?next=/test/logs%3Fstatus%3Dfailed"
            assert 'value="/test/logs?status=failed"' in (await other.get(asked.headers["location"])).text
            answer = await other.signs_in(next="/test/logs?status=failed")
            assert (answer.status_code, answer.headers["location"]) == (303, "/test/logs?status=failed")
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
            for _ in range(MAX_TRIES_PER_NAME + 1):
                await other.signs_in(password="x" * 999)
            assert (await other.signs_in()).status_code == 303


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.sets_up()
        cookie = SimpleCookie(answer.headers.get_list("set-cookie")[0])[SESSION_COOKIE]
        assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"]) == (True, "lax", "/")
        assert cookie["max-age"] == str(30 * 24 * 60 * 60)
        assert not cookie["secure"]


async def test_the_session_cookie_stays_off_plain_http_where_the_public_address_is_https(tmp_path: Path) -> None:
    async with newcomer(tmp_path, public_url="https://hooks.example.com") as visitor:
        answer = await visitor.sets_up()
        assert SimpleCookie(answer.headers.get_list("set-cookie")[0])[SESSION_COOKIE]["secure"]


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
            guesses = await asyncio.gather(*(guesser.signs_in(password="wrong") for _ in range(MAX_TRIES_PER_NAME)))
            assert all(WRONG in guess.text for guess in guesses)
            answer = await guesser.signs_in()
            assert answer.status_code == 422
            assert "Wait 10 seconds." in answer.text
        async with visitor.another("198.51.100.9") as owner:
            assert (await owner.signs_in()).status_code == 303


async def test_guesses_at_many_names_from_one_address_come_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.actions.accounts.MAX_TRIES_PER_ADDRESS", 3)
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as guesser:
            for number in range(3):
                assert WRONG in (await guesser.signs_in(name=f"name {number}")).text
            assert "Wait 10 seconds." in (await guesser.signs_in(name="one more")).text
        async with visitor.another("198.51.100.9") as owner:
            assert (await owner.signs_in()).status_code == 303


async def test_all_the_ipv6_addresses_of_one_customer_count_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.actions.accounts.MAX_TRIES_PER_ADDRESS", 3)
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        for number in range(3):
            async with visitor.another(f"2001:db8:1:2::{number}") as guesser:
                await guesser.signs_in(password="wrong")
        async with visitor.another("2001:db8:1:2:3:4:5:6") as guesser:
            assert "Wait 10 seconds." in (await guesser.signs_in()).text
        async with visitor.another("2001:db8:1:3::1") as owner:
            assert (await owner.signs_in()).status_code == 303


def test_tries_are_forgotten_after_a_while() -> None:
    tries = SignInLimiter()
    assert all(tries.take("ada", now=0) for _ in range(MAX_TRIES_PER_NAME))
    assert not tries.take("ada", now=SLOW_MS - 1)
    assert tries.take("ada", now=WINDOW_MS)
    assert all(tries.take("ada", now=WINDOW_MS + 1) for _ in range(MAX_TRIES_PER_NAME - 1))


def test_who_waits_gets_in_however_many_tries_there_were() -> None:
    tries = SignInLimiter()
    for now in range(0, 60_000, 100):
        tries.take("ada", now)
    taken = [tries.take("ada", now) for now in range(60_000, 60_000 + 4 * SLOW_MS, 100)]
    assert sum(taken) == 4  # and not one of them more often, so guessing stays slow


async def test_strangers_do_not_keep_a_known_browser_out(tmp_path: Path) -> None:
    """They share its address, as behind a proxy that hides theirs."""
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        await owner.post("/logout")
        async with owner.another("127.0.0.1") as stranger:
            for _ in range(MAX_TRIES_PER_NAME + 1):
                await stranger.signs_in(password="wrong")
            assert "Wait 10 seconds." in (await stranger.signs_in()).text
        assert (await owner.signs_in()).status_code == 303
        async with owner.another("127.0.0.1") as thief:
            thief.cookies.set("browser", "invented")
            assert "Wait 10 seconds." in (await thief.signs_in()).text


async def test_the_tries_of_a_known_browser_have_their_bound_too(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        for _ in range(MAX_TRIES_PER_NAME):
            assert WRONG in (await owner.signs_in(password="wrong")).text
        assert "Wait 10 seconds." in (await owner.signs_in()).text


async def test_a_changed_password_forgets_the_browsers(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        before = owner.cookies["browser"]
        form = {"current": PASSWORD, "password": "another long password", "repeated": "another long password"}
        await owner.post("/settings/password", data=form)
        async with owner.another() as thief:
            thief.cookies.set("browser", before)
            for _ in range(MAX_TRIES_PER_NAME):
                await thief.signs_in(password="wrong")
            assert "Wait 10 seconds." in (await thief.signs_in(password="another long password")).text
        async with owner.another("198.51.100.9") as elsewhere:
            assert (await elsewhere.signs_in(password="another long password")).status_code == 303


async def test_behind_a_proxy_without_a_setting_the_named_address_counts(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        async with owner.another("127.0.0.1") as stranger:
            stranger.headers["x-forwarded-for"] = "192.0.2.1, 203.0.113.9"
            for _ in range(MAX_TRIES_PER_NAME + 1):
                await stranger.signs_in(password="wrong")
        async with owner.another("127.0.0.1") as other:
            other.headers["x-forwarded-for"] = "198.51.100.20"
            assert (await other.signs_in()).status_code == 303


async def test_invented_addresses_gain_a_stranger_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_TRIES_PER_PROXY <= MAX_TRIES_PER_ADDRESS
    monkeypatch.setattr("server.actions.accounts.MAX_TRIES_PER_PROXY", 5)
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        async with owner.another("127.0.0.1") as stranger:
            for number in range(6):
                stranger.headers["x-forwarded-for"] = f"192.0.2.{number}"
                answer = await stranger.signs_in(password="wrong")
            assert "Wait 10 seconds." in answer.text
        owner.headers["x-forwarded-for"] = "198.51.100.20"  # and keep nobody out who was here before
        assert (await owner.signs_in()).status_code == 303
        async with owner.another("203.0.113.5") as stranger:  # it is no proxy of ours, and cannot name another address
            for number in range(MAX_TRIES_PER_NAME + 1):
                stranger.headers["x-forwarded-for"] = f"192.0.2.{number}"
                answer = await stranger.signs_in(password="wrong")
            assert "Wait 10 seconds." in answer.text


async def test_an_older_hash_is_renewed_at_the_next_sign_in(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        services = owner.app.state.services
        old = PasswordHasher(time_cost=1, memory_cost=8 * 1024).hash(PASSWORD)
        user = await services.store.read(lambda tx: accounts.named(tx, "ada"))
        await services.store.write(lambda tx: accounts.replace_hash(tx, user.id, user.password_hash, old))
        assert (await owner.signs_in()).status_code == 303
        assert "m=19456,t=2,p=1" in (await services.store.read(lambda tx: accounts.named(tx, "ada"))).password_hash
        assert (await owner.signs_in()).status_code == 303


async def test_a_crowd_at_the_door_is_bounded(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as owner:
        await owner.sets_up()
        strangers = [owner.another(f"203.0.113.{number}") for number in range(MAX_WAITING + 20)]
        answers = await asyncio.gather(*(stranger.signs_in(password="wrong") for stranger in strangers))
        texts = [answer.text for answer in answers]
        assert sum(WRONG in text for text in texts) >= MAX_WAITING
        assert any("Too many people are signing in right now." in text for text in texts)
        for stranger in strangers:
            await stranger.aclose()


def test_tries_that_are_remembered_are_bounded() -> None:
    tries = SignInLimiter()
    for name in range(MAX_COUNTED_KEYS + 50):
        tries.take(f"name {name}", now=0)
    assert len(tries._tried) == MAX_COUNTED_KEYS
