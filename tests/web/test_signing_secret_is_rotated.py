"""A signing secret is changed with a day in which the old one signs too; a secret of one's own is checked first."""

from base64 import b64encode
from dataclasses import replace

import pytest
from builders import SECRET
from entries import kept_endpoint
from form import beside, path_of, text_of
from site_under_test import Site

from server.domain.endpoints import Endpoint, FormerSecret
from server.domain.signing import OVERLAP_MS, fingerprint
from server.store import endpoints

OWN = "whsec_" + b64encode(b"o" * 32).decode()


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


async def test_the_old_secret_signs_for_a_day_beside_the_new_one(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    before = site.services.now()

    path_of(await site.post(f"/endpoints/{endpoint.id}/secret"))

    after = await now(site, endpoint)
    assert after.secret.startswith("whsec_") and after.secret != SECRET
    assert after.former_secret and after.former_secret.secret == SECRET
    assert before + OVERLAP_MS <= after.former_secret.until <= site.services.now() + OVERLAP_MS
    assert after.secrets_at(site.services.now()) == (after.secret, SECRET)
    assert after.secrets_at(after.former_secret.until) == (after.secret,)


async def test_a_form_that_is_sent_twice_rotates_once(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    assert (
        f'name="replaces" value="{fingerprint(SECRET)}"' in (await site.get(f"/endpoints/{endpoint.id}/advanced")).text
    )

    for _ in range(2):
        path_of(await site.post(f"/endpoints/{endpoint.id}/secret", {"replaces": fingerprint(SECRET)}))

    after = await now(site, endpoint)
    assert after.secret != SECRET
    assert after.former_secret and after.former_secret.secret == SECRET


async def test_the_page_shows_the_old_one_and_until_when_it_signs(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    await site.post(f"/endpoints/{endpoint.id}/secret")

    text = text_of((await site.get(f"/endpoints/{endpoint.id}/advanced")).text)

    assert "The old secret expires on " in text
    assert "Expire old secret now" in text


async def test_the_old_one_is_stopped_at_once(site: Site) -> None:
    endpoint = await kept_endpoint(site)
    await site.post(f"/endpoints/{endpoint.id}/secret")

    path_of(await site.post(f"/endpoints/{endpoint.id}/secret/stop-former"))

    assert (await now(site, endpoint)).former_secret is None
    assert "Expire old secret now" not in (await site.get(f"/endpoints/{endpoint.id}/advanced")).text


async def test_an_old_one_whose_day_is_over_is_not_shown(site: Site) -> None:
    endpoint = await kept_endpoint(site, former_secret=FormerSecret(OWN, 1))

    assert "Old secret" not in text_of((await site.get(f"/endpoints/{endpoint.id}/advanced")).text)


@pytest.mark.parametrize("typed", [OWN, OWN.removeprefix("whsec_"), f"  {OWN} "])
async def test_a_secret_of_ones_own_is_kept(site: Site, typed: str) -> None:
    endpoint = await kept_endpoint(site)

    path_of(await site.post(f"/endpoints/{endpoint.id}/secret", {"secret": typed}))

    assert (await now(site, endpoint)).secrets_at(site.services.now()) == (OWN, SECRET)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Paste a signing secret. It starts with whsec_."),
        ("whsec_no!", "This is not a valid signing secret"),
        ("whsec_" + b64encode(b"s" * 23).decode(), "The signing secret is 23 bytes long"),
        ("whsec_" + b64encode(b"s" * 65).decode(), "The signing secret is 65 bytes long"),
        (SECRET, "This is already the active secret."),
    ],
)
async def test_what_is_no_new_secret_is_refused_beside_its_field(site: Site, typed: str, sentence: str) -> None:
    endpoint = await kept_endpoint(site)

    answer = await site.post(f"/endpoints/{endpoint.id}/secret", {"secret": typed})

    assert answer.status_code == 422
    assert beside(answer.text, "secret").startswith(sentence)
    assert await now(site, endpoint) == replace(endpoint)
