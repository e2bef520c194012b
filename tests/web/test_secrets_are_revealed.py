"""Pages show the last four characters of a secret; all of it is shown once, to whoever types the password."""

import html
import re
from typing import Any
from urllib.parse import quote

import pytest
from builders import SECRET
from entries import kept_endpoint
from form import beside, make_live, path_of, text_of
from newcomer import NAME, PASSWORD, Newcomer, newcomer
from site_under_test import Site

from server.domain.endpoints import Endpoint, FormerSecret
from server.domain.signing import OVERLAP_MS
from server.store import Transaction, endpoints, sources

VALUES: dict[str, Any] = {
    "url": "https://hooks.zapier.com/hooks/catch/1234/zapier-secret/",
    "headers": {"X-Api-Key": "header-secret-0001", "Accept-Language": "de"},
    "variables": {"API_KEY": "variable-secret-0002", "SHORT": "tiny"},
}


async def now(site: Site, endpoint: Endpoint) -> Endpoint:
    found = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert found
    return found


async def test_no_page_of_an_endpoint_shows_a_secret(site: Site) -> None:
    former = FormerSecret("whsec_Zm9ybWVyZm9ybWVyZm9ybWVyZm9ybWVy", site.services.now() + OVERLAP_MS)
    endpoint = await kept_endpoint(site, "const handler = (w) => w;", former_secret=former, **VALUES)
    pages = ["", "/advanced", "/edit", "/transformation", "/testing"]
    text = "".join([(await site.get(f"/endpoints/{endpoint.id}{page}")).text for page in pages])
    text += (await site.get("/endpoints")).text
    for secret in (SECRET, former.secret, "zapier-secret", "header-secret", "variable-secret", '"tiny"'):
        assert secret not in text
    for shown in ("••••••••0001", "••••••••0002", f"••••••••{SECRET[-4:]}", "https://hooks.zapier.com/••••••••"):
        assert shown in text
    assert 'value="de"' in text  # no secret by its name


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("secret", SECRET),
        ("url", VALUES["url"]),
        ("headers/X-Api-Key", "header-secret-0001"),
        ("variables/API_KEY", "variable-secret-0002"),
        ("variables/SHORT", "tiny"),
    ],
)
async def test_a_secret_is_shown_once_for_the_password(tmp_path: Any, what: str, value: str) -> None:
    async with newcomer(tmp_path) as browser:
        site = await owner(browser)
        endpoint = await kept_endpoint(site, **VALUES)
        address = f"endpoint/{endpoint.id}/{what}"
        asked = await browser.get(f"/reveal?what={quote(address)}")
        assert asked.status_code == 200 and value not in asked.text and 'type="password"' in asked.text

        wrong = await browser.post("/reveal", data={"what": address, "password": "not the password"})
        assert wrong.status_code == 422 and value not in wrong.text
        assert beside(wrong.text, "password") == "This is not your password."

        shown = await browser.post("/reveal", data={"what": address, "password": PASSWORD})
        assert shown.status_code == 200 and f'value="{value}"' in html.unescape(shown.text)
        assert shown.headers["cache-control"] == "no-store"


async def test_tries_are_counted_as_those_to_sign_in(tmp_path: Any, capfd: pytest.CaptureFixture[str]) -> None:
    async with newcomer(tmp_path) as browser:
        endpoint = await kept_endpoint(await owner(browser))
        form = {"what": f"endpoint/{endpoint.id}/secret", "password": "wrong password"}
        for _ in range(10):
            assert beside((await browser.post("/reveal", data=form)).text, "password") == "This is not your password."
        refused = await browser.post("/reveal", data=form | {"password": PASSWORD})
        assert refused.status_code == 422 and SECRET not in refused.text
        assert beside(refused.text, "password").startswith("Too many attempts.")
    printed = "".join(capfd.readouterr())
    assert printed.count("secret.not_revealed") == 11 and f"user={NAME}" in printed and SECRET not in printed


@pytest.mark.parametrize(
    "what", ["", "nothing", "endpoint/ep_x/secret", "source/x/secret", "alerts/secret", "endpoint//", "a\tb", "x" * 500]
)
async def test_what_is_not_there_is_not_found(site: Site, what: str) -> None:
    assert (await site.get("/reveal", params={"what": what})).status_code == 404
    assert (await site.post("/reveal", {"what": what, "password": "x"})).status_code == 404


async def test_the_sources_page_and_its_reveal(tmp_path: Any) -> None:
    async with newcomer(tmp_path) as browser:
        site = await owner(browser)
        saved = await browser.post(f"/sources/{site.source.id}/secret", data={"secret": SECRET})
        assert path_of(saved) == "/test/sources"
        page = (await browser.get("/sources")).text
        assert SECRET not in page and f"••••••••{SECRET[-4:]}" in page
        [link] = re.findall(r'href="(/test/reveal\?what=source/[^"]+)"', page)
        assert (await browser.get(html.unescape(link))).status_code == 200
        form = {"what": f"source/{site.source.id}/secret", "password": PASSWORD}
        assert SECRET in (await browser.post("/reveal", data=form)).text


async def test_values_that_are_not_typed_again_stay(site: Site) -> None:
    endpoint = await kept_endpoint(site, **VALUES)
    form = {
        "variables_key": ["API_KEY", "RENAMED", "NEW"],
        "variables_value": ["", "", "typed"],
        "variables_was": ["API_KEY", "SHORT", ""],
    }
    path_of(await site.post(f"/endpoints/{endpoint.id}/advanced", form))
    expected = {"API_KEY": "variable-secret-0002", "RENAMED": "tiny", "NEW": "typed"}
    assert (await now(site, endpoint)).variables == expected

    typed = {"headers_key": ["X-Api-Key"], "headers_value": ["another"], "headers_was": ["X-Api-Key"]}
    path_of(await site.post(f"/endpoints/{endpoint.id}/advanced", typed))
    assert (await now(site, endpoint)).headers == {"X-Api-Key": "another"}


async def test_a_refused_form_does_not_show_what_it_did_not_show_before(site: Site) -> None:
    endpoint = await kept_endpoint(site, **VALUES)
    form = {
        "variables_key": ["not a name", "OTHER"],
        "variables_value": ["", "typed"],
        "variables_was": ["API_KEY", ""],
    }
    answer = await site.post(f"/endpoints/{endpoint.id}/advanced", form)
    assert answer.status_code == 422
    assert "variable-secret" not in answer.text
    assert 'value="not a name"' in answer.text and 'value="typed"' in answer.text
    assert 'name="variables_was" value="API_KEY"' in answer.text


async def test_saving_code_and_testing_it_use_values_that_were_not_typed_again(site: Site) -> None:
    code = "const handler = (w) => { w.payload = { sum: w.env.API_KEY.length }; return w; };"
    endpoint = await kept_endpoint(site, code, **VALUES)
    form = {
        "endpoint": endpoint.id, "code": code, "transforming": "on", "payload": "{}",
        "variables_key": ["API_KEY"], "variables_value": [""], "variables_was": ["API_KEY"],
    }  # fmt: skip
    tried = text_of((await site.post("/transformations/try", form)).text)
    assert f'"sum": {len("variable-secret-0002")}' in tried
    await make_live(site, endpoint.id, form)
    assert (await now(site, endpoint)).variables == {"API_KEY": "variable-secret-0002"}


async def test_a_url_that_is_a_secret_stays_unless_another_is_typed(site: Site) -> None:
    endpoint = await kept_endpoint(site, **VALUES)
    form = {"url": "", "description": "New words", "destination": "send", "listen": "all"}
    path_of(await site.post(f"/endpoints/{endpoint.id}/edit", form))
    assert (await now(site, endpoint)).url == VALUES["url"]
    path_of(await site.post(f"/endpoints/{endpoint.id}/edit", form | {"url": "https://example.com/plain"}))
    assert (await now(site, endpoint)).url == "https://example.com/plain"
    assert 'value="https://example.com/plain"' in (await site.get(f"/endpoints/{endpoint.id}/edit")).text


async def test_the_webhook_for_alerts_stays_until_it_is_removed(loopback_site: Site) -> None:
    site, secret = loopback_site, "https://hooks.slack.com/services/T0/B0/alert-secret"
    path_of(await site.post("/settings/alerts", {"webhook_url": secret, "addresses": ""}))
    page = (await site.get("/settings")).text
    assert "alert-secret" not in page and "https://hooks.slack.com/••••••••" in page
    path_of(await site.post("/settings/alerts", {"webhook_url": "", "webhook_kept": "on"}))
    assert "https://hooks.slack.com/••••••••" in (await site.get("/settings")).text
    path_of(await site.post("/settings/alerts", {"webhook_url": "", "webhook_kept": "on", "webhook_remove": "on"}))
    assert "hooks.slack.com" not in (await site.get("/settings")).text


async def owner(browser: Newcomer) -> Site:
    """The site of a person with a password."""
    assert (await browser.sets_up()).status_code == 303
    services = browser.app.state.services

    def first(tx: Transaction) -> Any:
        return sources.every(tx)[0]

    return Site(browser, services, await services.store.read(first), browser.app)
