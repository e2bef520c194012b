"""Whoever makes up X-Forwarded-For headers gets no endless tries at a password."""

import pytest
from form import text_of
from site_under_test import Site

from server.actions import accounts


async def test_made_up_addresses_end_at_the_limit_of_their_proxy(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "MAX_TRIES_PER_PROXY", 12)
    site.client.cookies.clear()
    answers = [
        text_of(
            (
                await site.client.post(
                    "/login",
                    data={"name": f"person-{number}", "password": "wrong"},
                    headers={"x-forwarded-for": f"203.0.113.{number}"},
                )
            ).text
        )
        for number in range(14)
    ]
    assert ["Too many attempts." in answer for answer in answers] == [False] * 12 + [True] * 2
