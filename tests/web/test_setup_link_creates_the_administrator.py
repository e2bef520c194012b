"""The first visitor with the printed link becomes the administrator; nobody else does."""

from pathlib import Path

import pytest
from newcomer import NAME, PASSWORD, newcomer

from server.store import Transaction, accounts


async def test_the_printed_link_shows_the_form(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/setup", params={"token": visitor.app.state.setup.token})
        assert answer.status_code == 200
        assert "Create administrator" in answer.text


@pytest.mark.parametrize("token", ["", "wrong", "é", "x" * 5000])
async def test_another_link_says_where_the_right_one_is(tmp_path: Path, token: str) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/setup", params={"token": token})
        assert answer.status_code == 403
        assert "Hookbench prints the link in its terminal or log" in answer.text
        assert (await visitor.sets_up(token=token)).status_code == 403


async def test_the_administrator_is_signed_in_at_once(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.sets_up()
        assert (answer.status_code, answer.headers["location"]) == (303, "/?said=welcome")
        assert (await visitor.get("/endpoints")).status_code == 200


async def test_the_link_works_once(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        token = visitor.app.state.setup.token
        await visitor.sets_up()
        async with visitor.another() as second:
            answer = await second.get("/setup", params={"token": token})
            assert answer.status_code == 403
            assert "The administrator already exists" in answer.text
            assert (await second.sets_up(token=token, name="eve")).status_code == 403


async def test_a_race_for_the_link_has_one_winner(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        setup = visitor.app.state.setup
        await visitor.sets_up()
        visitor.app.state.setup = setup  # the second came in before the first was done
        answer = await visitor.sets_up(name="eve")
        assert answer.status_code == 422
        assert "The administrator already exists" in answer.text


async def test_the_password_is_kept_as_an_argon2id_hash(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()

        def stored(tx: Transaction) -> str:
            user = accounts.named(tx, NAME)
            assert user
            return user.password_hash

        kept = await visitor.app.state.services.store.read(stored)
        assert kept.startswith("$argon2id$")
        assert PASSWORD not in kept


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "a" * 65}, "A name can have at most 64 characters"),
        ({"password": "elevenchars", "repeated": "elevenchars"}, "Use at least 12 characters."),
        ({"password": "x" * 201, "repeated": "x" * 201}, "Use at most 200 characters."),
        ({"name": "Administrator", "password": "administrator", "repeated": "administrator"}, "must not be the name"),
        ({"repeated": "something else"}, "The passwords do not match."),
    ],
)
async def test_a_form_that_cannot_be_used_says_why(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.sets_up(**changes)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert visitor.app.state.setup is not None


async def test_the_name_is_not_lost_with_a_refused_password(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.sets_up(name='a"><b>', password="short")
        assert 'value="a&#34;&gt;&lt;b&gt;"' in answer.text
        assert "short" not in answer.text


async def test_the_sign_in_page_points_to_the_link_while_there_is_no_administrator(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        assert "There is no administrator yet" in (await visitor.get("/login")).text
        await visitor.sets_up()
        assert "There is no administrator yet" not in (await visitor.get("/login")).text
