"""Tries to sign in are counted by address. Only a proxy may name another one, and there is none by default."""

from pathlib import Path

import httpx
from newcomer import NAME
from running import Running

from server.actions.accounts import MOST_TRIES


def test_a_made_up_address_gives_no_fresh_tries(tmp_path: Path) -> None:
    wrong = {"name": NAME, "password": "wrong"}
    with Running(tmp_path / "data") as hookbench, httpx.Client(base_url=hookbench.url, trust_env=False) as visitor:
        for number in range(MOST_TRIES):
            visitor.post("/login", data=wrong, headers={"x-forwarded-for": f"203.0.113.{number}"})
        answer = visitor.post("/login", data=wrong)
    assert "There were too many tries." in answer.text
