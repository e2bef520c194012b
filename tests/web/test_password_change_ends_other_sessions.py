"""A stolen session must not survive the change of the password."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from builders import NOW
from newcomer import PASSWORD, Newcomer, newcomer

from server.actions import accounts
from server.actions.services import Services
from server.domain.sentences import Invalid
from server.store import Store
from server.store import accounts as rows

NEW = "battery staple correct"


async def changes_password(visitor: Newcomer, **changes: str) -> tuple[int, str]:
    form = {"current": PASSWORD, "password": NEW, "repeated": NEW} | changes
    answer = await visitor.post("/settings/password", data=form)
    return answer.status_code, answer.text


async def test_other_sessions_end_and_this_one_goes_on(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        async with visitor.another() as thief:
            await thief.signs_in()
            assert (await thief.get("/endpoints")).status_code == 200
            assert (await changes_password(visitor))[0] == 303
            assert (await thief.get("/endpoints")).headers["location"].startswith("/login")
            assert (await visitor.get("/endpoints")).status_code == 200
            assert (await thief.signs_in(password=PASSWORD)).status_code == 422
            assert (await thief.signs_in(password=NEW)).status_code == 303


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"current": "wrong"}, "This is not your current password."),
        ({"password": "short", "repeated": "short"}, "Use at least 12 characters."),
        ({"repeated": "other"}, "The passwords do not match."),
    ],
)
async def test_a_change_that_is_refused_says_why_and_changes_nothing(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        status, text = await changes_password(visitor, **changes)
        assert status == 422
        assert sentence in text
        async with visitor.another() as other:
            assert (await other.signs_in()).status_code == 303


async def test_a_borrowed_session_cannot_guess_the_password_for_ever(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        for _ in range(10):
            assert "not your current password" in (await changes_password(visitor, current="wrong"))[1]
        assert "Too many attempts" in (await changes_password(visitor))[1]


async def test_a_sign_in_that_waits_does_not_survive_a_reset(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    services = cast(Services, SimpleNamespace(store=store, now=lambda: NOW))
    await accounts.create_administrator(services, "ada", PASSWORD, PASSWORD)
    user = await store.read(lambda tx: rows.named(tx, "ada"))
    assert user
    fits = accounts._fits

    async def reset_meanwhile(password: str, password_hash: str) -> bool:
        judged = await fits(password, password_hash)
        await store.write(lambda tx: accounts.reset_password(tx, user, NEW, NOW))
        return judged

    monkeypatch.setattr(accounts, "_fits", reset_meanwhile)
    with pytest.raises(Invalid):
        await accounts.sign_in(services, accounts.SignInLimiter(), "ada", PASSWORD, "192.0.2.1")
