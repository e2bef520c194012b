"""A value that was copied with invisible characters is cleaned at its ends, and refused beside its field within."""

import pytest
from entries import kept_endpoint
from form import a_form, customer_io, text_of
from site_under_test import Site

from server.store import endpoints, sources

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def created(site: Site, form: dict[str, object]):
    answer = await site.post("/endpoints", form)
    assert answer.status_code == 303, text_of(answer.text)[:2000]
    found = await site.services.store.read(lambda tx: endpoints.of_source(tx, site.source.id))
    return found[-1]


async def test_the_ends_of_every_value_are_cleaned(site: Site) -> None:
    form = a_form(
        url=" \u200bhttps://example.com/hook\ufeff",
        description="\u00a0Our shop ",
        variables_key=["\u200bKEY"],
        variables_value=[" k1\u200b "],
        headers_key=["x-key\u00a0"],
        headers_value=["\u202a k2\u202c"],
    )
    kept = await created(site, form)
    assert (kept.url, kept.description) == ("https://example.com/hook", "Our shop")
    assert (dict(kept.variables), dict(kept.headers)) == ({"KEY": "k1"}, {"x-key": "k2"})


async def test_credentials_are_cleaned(site: Site) -> None:
    kept = await created(site, customer_io(credentials__site_id="\u200b1a2b3c4d5e6f7a8b9c0d\n"))
    assert kept.credentials["site_id"] == "1a2b3c4d5e6f7a8b9c0d"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("The URL", a_form(url="https://example.com/ho\u200bok")),
        ("The value of KEY", a_form(variables_key=["KEY"], variables_value=["k\u200b1"])),
        ("The value of KEY", a_form(variables_key=["KEY"], variables_value=["k\u00a01"])),
        ("The value of the header x-key", a_form(headers_key=["x-key"], headers_value=["k\ufeff1"])),
    ],
)
async def test_within_a_value_they_are_refused_beside_the_field(
    site: Site, value: str, form: dict[str, object]
) -> None:
    answer = await site.post("/endpoints", form)
    assert answer.status_code == 422
    shown = text_of(answer.text)
    assert f"{value} contains an invisible character" in shown or f"{value} has non-ASCII characters" in shown


async def test_the_secret_of_a_source_is_cleaned(site: Site) -> None:
    await site.post(f"/sources/{site.source.id}/secret", {"secret": f"\ufeff{SECRET}\u200b\n"})
    kept = await site.services.store.read(lambda tx: sources.get(tx, site.source.id))
    assert kept is not None
    assert kept.secret == SECRET
    wrong = await site.post(f"/sources/{site.source.id}/secret", {"secret": SECRET[:20] + "\u200b" + SECRET[20:]})
    assert "invisible character (U+200B)" in text_of(wrong.text)


async def test_an_endpoints_own_secret_and_the_alerts_webhook_are_cleaned(site: Site) -> None:
    shop = await kept_endpoint(site)
    other = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
    await site.post(f"/endpoints/{shop.id}/secret", {"secret": f"\u200b{other} "})
    wrong = await site.post("/settings/alerts", {"webhook_url": "https://example.com/\u200bhook"})
    assert wrong.status_code == 422
    assert "invisible character" in text_of(wrong.text)
