"""A card whose URL takes its host from a field: what is wrong with the host is told at the field."""

from typing import Any

import pytest
from cards import put
from form import PLAIN, a_form, beside
from site_under_test import Site

from server.domain.card_files import parse_card
from server.domain.cards import Card

TOML = """
title = "Own server"
summary = "Posts to a server of one's own."

[url]
default = "{template}"

[[fields]]
name = "server"
label = "Server"
kind = "text"
pattern = "(?:https?://)?(?P<host>[^/]*)"
pattern_hint = "Enter a host."

[[fields]]
name = "token"
label = "Token"
kind = "secret"

[[fields]]
name = "region"
label = "Region"
kind = "choice"
choices = [{{ value = "us", label = "US" }}]
"""


def a_card(template: str) -> Card:
    toml = TOML.format(template=template)
    return parse_card("own:it", {"card.toml": toml, "default.js": PLAIN, "icon.svg": '<path d="M4 4h16"/>'})


async def told(site: Site, template: str, server: str, **changes: Any) -> str:
    put(site.services, a_card(template))
    typed = {"credentials__server": server, "credentials__token": "123:abc/def", "credentials__region": "us"}
    answer = await site.post("/endpoints", a_form(card="own:it", url=None, **typed | changes))
    assert answer.status_code in (303, 422)
    return beside(answer.text, "credentials.server")


@pytest.mark.parametrize("server", ["127.0.0.1", "localhost", "0x7f.1", "a b", "[::1", "me@host.example"])
async def test_a_host_that_must_not_be_reached_is_refused_at_its_field(site: Site, server: str) -> None:
    assert await told(site, "https://{server.host}/x", server)


async def test_other_hosts_are_taken(site: Site) -> None:
    assert await told(site, "https://{server.host}/x", "push.example.com") == ""
    assert await told(site, "{server}/x", "https://push.example.com") == ""
    assert await told(site, "https://example.com/{server}", "localhost") == ""


async def test_capture_needs_no_host(site: Site) -> None:
    assert await told(site, "https://{server.host}/x", "", destination="capture") == ""


def test_a_value_in_a_url_stays_one_value() -> None:
    card = a_card("https://example.com/{token}/{region}")
    assert card.default_url({"token": "123:a/b?c#d"}) == "https://example.com/123:a%2Fb%3Fc%23d/us"
    assert card.host_field({}) == ""
    assert a_card("https://{region}.{server.host}/").host_field({}) == "server"
