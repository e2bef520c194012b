"""A person makes, changes, exports, imports and deletes cards of their own."""

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any

import pytest
from entries import kept_endpoint
from form import PLAIN, a_form, beside, path_of, text_of
from site_under_test import Site, in_test

from server.domain.card_archives import pack, unpack
from server.store import endpoints, own_cards

TOML = """
title = "Acme"
summary = "Acme's hooks."
letter = "A"
[url]
ask = true
"""
FOLDER = {"card.toml": TOML, "default.js": PLAIN}


def a_card(**changes: Any) -> dict[str, Any]:
    """The fields of a valid form of a card with one key that is sent as a Bearer token."""
    return {
        "title": "Acme CRM",
        "summary": "Sends customers to Acme.",
        "letter": "",
        "icon": "",
        "steps": "Sign in at Acme.\r\n\r\nCopy the key.",
        "url_kind": "fixed",
        "url": "https://acme.example/{team}/events",
        "placeholder": "",
        "auth": "bearer",
        "user": "",
        "password": "",
        "token": "{api_key}",
        "header": "",
        "value": "",
        "fields_label": ["API key", "Team", "", ""],
        "fields_name": ["", "team", "", ""],
        "fields_kind": ["secret", "text", "secret", "secret"],
        "fields_optional": ["off", "off", "off", "off"],
        "fields_was": ["", "", "", ""],
        "transforms": ["off", "on"],
        "code": PLAIN,
        "rate_limit": "5",
        "contract": "",
    } | changes


async def upload(site: Site, content: bytes, **fields: str) -> Any:
    files = {"file": ("acme.zip", content, "application/zip")}
    return await site.client.post(in_test("/cards/import"), files=files, data=fields)


async def stored(site: Site) -> dict[str, Any]:
    return {card.name: card for card in await site.services.store.read(own_cards.every)}


async def exported(site: Site, name: str) -> dict[str, str]:
    answer = await site.get(f"/cards/export?card={name}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="{name.removeprefix("own:")}.zip"'
    return unpack(answer.content)[1]


async def test_a_card_is_made_and_used(each_site: Site) -> None:
    site = each_site
    assert path_of(await site.post("/cards", a_card())) == "/test/cards"

    card = site.services.cards["own:acme_crm"]
    assert (card.title, card.steps, card.rate_limit) == ("Acme CRM", ("Sign in at Acme.", "Copy the key."), 5)
    assert card.request_headers({"api_key": "k"}) == {"authorization": "Bearer k"}
    assert ">A</text>" in card.icon
    page = (await site.get("/endpoints/new?card=own:acme_crm")).text
    assert "Your own cards" in text_of(page)
    typed = {"credentials.api_key": "key-1", "credentials.team": "a b"}
    made = await site.post("/endpoints", a_form(card="own:acme_crm", url=None, rate_limit="5") | typed)
    endpoint_id = path_of(made).rpartition("/")[2]
    endpoint = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))  # type: ignore[arg-type]
    assert endpoint
    assert (endpoint.url, endpoint.controls.rate_limit) == ("https://acme.example/a%20b/events", 5)

    refused = await site.post("/cards/acme_crm/delete")
    assert refused.status_code == 422
    assert "Endpoints use this card: 1." in text_of(refused.text)
    assert "own:acme_crm" in site.services.cards


async def test_the_card_of_an_endpoint_that_can_be_restored_stays(each_site: Site) -> None:
    site = each_site
    path_of(await site.post("/cards", a_card()))
    endpoint = await kept_endpoint(site, card="own:acme_crm")
    path_of(await site.post(f"/endpoints/{endpoint.id}/delete"))

    refused = await site.post("/cards/acme_crm/delete")

    assert refused.status_code == 422
    assert "Deleted endpoints with this card can still be restored (1)." in text_of(refused.text)
    assert "own:acme_crm" in site.services.cards
    path_of(await site.post("/endpoints/deleted/erase", {"ids": endpoint.id}))
    path_of(await site.post("/cards/acme_crm/delete"))
    assert "own:acme_crm" not in site.services.cards


async def test_a_second_card_of_the_same_title_gets_a_free_name(site: Site) -> None:
    for _ in range(2):
        path_of(await site.post("/cards", a_card()))
    path_of(await site.post("/cards", a_card(title="卡片")))
    assert sorted(await stored(site)) == ["own:acme_crm", "own:acme_crm_2", "own:card"]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": ""}, "title", "Enter a title."),
        ({"summary": ""}, "summary", "Say in one line what the card is for."),
        ({"letter": "<b"}, "letter", "Enter one or two letters or digits."),
        ({"icon": "<script/>"}, "icon", "An icon may only have these shapes"),
        ({"icon": '<path d="M1 1" onload="x()"/>'}, "icon", "An icon may only have these shapes"),
        ({"url": "javascript:alert(1)"}, "url", "Enter a URL that starts with https:// or http://."),
        ({"url": "https://a.example/{nothing}"}, "url", "There is no field with the name nothing."),
        ({"token": ""}, "token", "Fill this in, for example with {api_key}."),
        ({"token": "{key}"}, "token", "There is no field with the name key."),
        ({"auth": "header", "header": "Host", "value": "a"}, "header", "Host"),
        ({"auth": "header", "header": "", "value": "a"}, "header", "Fill this in"),
        ({"code": "function ("}, "code", "Line 1"),
        ({"code": ""}, "code", "Write the transformation"),
        ({"rate_limit": "0"}, "rate_limit", "Enter a whole number from 1 to 1000"),
        ({"contract": "{"}, "contract", ""),
        ({"contract": '{"calls": [{"name": "x", "body": {"$ref": "https://a.example/"}}]}'}, "contract", "$ref"),
    ],
)
async def test_a_mistake_is_told_beside_its_field(
    site: Site, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = await site.post("/cards", a_card(**changes))
    assert answer.status_code == 422
    assert beside(answer.text, field)
    assert sentence in beside(answer.text, field)
    assert await stored(site) == {}


async def test_a_mistake_in_a_row_is_told_in_the_row(site: Site) -> None:
    answer = await site.post("/cards", a_card(fields_name=["Api key", "team", "", ""]))
    assert answer.status_code == 422
    assert 'id="fields-0-error"' in answer.text
    twice = await site.post("/cards", a_card(fields_name=["team", "team", "", ""], token="a"))
    assert "There are two fields with the name team." in text_of(twice.text)


async def test_what_the_form_does_not_show_is_kept(site: Site) -> None:
    path_of(await upload(site, await zip_of(site, "customer_io")))
    [name] = await stored(site)
    page = (await site.get("/cards/customer_io/edit")).text
    form = fields_of(page) | {"title": "Ours", "fields_label": ["Site", "Key", "Where"]}

    path_of(await site.post("/cards/customer_io/edit", form))

    before, after = site.services.cards["customer_io"], site.services.cards[name]
    assert after.title == "Ours"
    assert (after.check, after.samples, after.url) == (before.check, before.samples, before.url)
    assert (after.contract_text, after.default_code) == (before.contract_text, before.default_code)
    assert [field.label for field in after.fields] == ["Site", "Key", "Where"]
    assert [(f.name, f.choices, f.pattern) for f in after.fields] == [
        (f.name, f.choices, f.pattern) for f in before.fields
    ]
    assert after.texts


async def test_every_built_in_card_survives_its_form(site: Site) -> None:
    for name, before in list(site.services.cards.items()):
        page = (await site.get(f"/cards/new?start={name}")).text
        form = fields_of(page)
        answer = await site.post("/cards", form)
        assert answer.status_code == 303, (name, re.findall(r'class="error"[^>]*>.*?<span>(.*?)</span>', answer.text))
        after = next(card for key, card in site.services.cards.items() if key.startswith("own:"))
        for part in (
            "fields",
            "url",
            "auth",
            "basic",
            "headers",
            "variables",
            "check",
            "samples",
            "rate_limit",
            "steps",
        ):
            assert getattr(after, part) == getattr(before, part), (name, part)
        await site.post(f"/cards/{after.name.removeprefix('own:')}/delete")


async def test_an_endpoint_is_saved_as_a_card_without_its_secrets(site: Site) -> None:
    code = "function handler(webhook) {\n  webhook.payload.mine = 1;\n  return webhook;\n}\n"
    secret = "s3cr3t-value-0123456789"
    endpoint = await kept_endpoint(
        site, code, card="customer_io", description="Our shop",
        credentials={"site_id": "site-1", "api_key": secret, "region": "eu"},
        headers={"X-Key": secret}, variables={"KEY": secret},
    )  # fmt: skip
    assert "Save as card" in text_of((await site.get(f"/endpoints/{endpoint.id}/advanced")).text)
    page = (await site.get(f"/cards/new?endpoint={endpoint.id}")).text
    assert secret not in page
    path_of(await site.post("/cards", fields_of(page)))

    files = await exported(site, "own:our_shop")
    assert files["default.js"] == code
    assert secret not in str(files)
    card = site.services.cards["own:our_shop"]
    assert card.basic == site.services.cards["customer_io"].basic
    assert card.title == "Our shop"


async def test_the_second_of_two_tabs_is_told(each_site: Site) -> None:
    site = each_site
    path_of(await site.post("/cards", a_card()))
    opened = fields_of((await site.get("/cards/acme_crm/edit")).text)
    path_of(await site.post("/cards/acme_crm/edit", opened | {"summary": "First."}))

    answer = await site.post("/cards/acme_crm/edit", opened | {"summary": "Second."})
    assert answer.status_code == 409
    assert "Not saved: this form was saved in another tab" in text_of(answer.text)
    assert site.services.cards["own:acme_crm"].summary == "First."

    [overwrite] = re.findall(r'name="overwrite" value="([^"]+)"', answer.text)
    path_of(await site.post("/cards/acme_crm/edit", opened | {"summary": "Second.", "overwrite": overwrite}))
    assert site.services.cards["own:acme_crm"].summary == "Second."


async def test_a_card_goes_out_and_comes_back(each_site: Site) -> None:
    site = each_site
    path_of(await site.post("/cards", a_card()))
    content = (await site.get("/cards/export?card=own:acme_crm")).content
    path_of(await site.post("/cards/acme_crm/delete"))
    assert "own:acme_crm" not in site.services.cards

    path_of(await upload(site, content))
    assert site.services.cards["own:acme_crm"].title == "Acme CRM"
    path_of(await upload(site, content))
    path_of(await upload(site, content, replaces="on"))
    assert sorted(await stored(site)) == ["own:acme_crm", "own:acme_crm_2"]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"card.toml": "title ="}, "card.toml"),
        ({"card.toml": TOML.replace('"Acme"', "7")}, "card.toml: title must be text"),
        ({"card.toml": TOML + "evil = true"}, "card.toml: url.evil"),
        ({"default.js": "function ("}, "default.js: line 1"),
        ({"contract.json": "{"}, "contract.json"),
        ({"contract.json": '{"calls": [{"name": "x", "body": {"$ref": "file:///etc/passwd"}}]}'}, "calls[0].body"),
        ({"icon.svg": "<script>alert(1)</script>"}, "icon.svg"),
        ({"zh_Hans.json": "[]"}, "zh_Hans.json"),
        ({"card.toml": TOML + "x = " + "1" * 5000}, "card.toml: "),
        ({"card.toml": "x = " + "[" * 5000}, "card.toml: "),
        ({"../evil.js": "1"}, "../evil.js is not a file of a card."),
    ],
)
async def test_a_broken_or_hostile_folder_is_refused(site: Site, files: dict[str, str], sentence: str) -> None:
    answer = await upload(site, pack("acme", FOLDER | files))
    assert answer.status_code == 422
    assert sentence in beside(answer.text, "file")
    assert await stored(site) == {}


async def test_an_import_is_bounded(site: Site) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("acme/card.toml", "#" * 50_000_000)
    assert "card.toml is larger than" in beside((await upload(site, bomb.getvalue())).text, "file")
    assert beside((await upload(site, b"no zip")).text, "file") == "The file is not a zip file that can be read."
    assert beside((await upload(site, b"")).text, "file") == "Choose a zip file."
    assert (await upload(site, b"x" * 2_000_000)).status_code == 413
    assert (await site.post("/cards/import", {"file": "x"})).status_code == 415
    odd = {"content-type": "multipart/form-data"}
    assert (await site.client.post("/test/cards/import", content=b"x", headers=odd)).status_code == 415


async def test_a_title_of_somebody_else_is_text(site: Site) -> None:
    evil = TOML.replace('"Acme"', "'<script>alert(1)</script>{{ 7*7 }}{title}'")
    path_of(await upload(site, pack("acme", FOLDER | {"card.toml": evil})))
    endpoint = await kept_endpoint(site, PLAIN, card="own:acme", description="")
    for path in (
        "/cards",
        "/endpoints/new?card=own:acme",
        "/endpoints",
        f"/endpoints/{endpoint.id}",
        "/cards/acme/edit",
    ):
        page = (await site.get(path)).text
        assert "<script>alert" not in page
        assert "{{ 7*7 }}" in text_of(page) or "49" not in text_of(page)


async def test_there_are_at_most_a_hundred(site: Site) -> None:
    def fill(tx: Any) -> None:
        for number in range(100):
            own_cards.put(tx, f"own:c{number}", FOLDER, number)

    await site.services.store.write(fill)
    assert "There can be at most 100 own cards." in text_of((await site.post("/cards", a_card())).text)
    assert beside((await upload(site, pack("acme", FOLDER))).text, "file") == "There can be at most 100 own cards."


async def test_a_card_that_vanished_breaks_no_page(each_site: Site) -> None:
    site = each_site
    path_of(await upload(site, pack("acme", FOLDER)))
    endpoint = await kept_endpoint(site, PLAIN, card="own:acme", description="Ours")
    await site.services.store.write(lambda tx: own_cards.put(tx, "own:acme", {"card.toml": "="}, 9**13))
    await site.services.refresh_cards()
    assert "own:acme" not in site.services.cards

    at = f"/endpoints/{endpoint.id}"
    for path in ("/endpoints", at, f"{at}/advanced", f"{at}/testing", f"{at}/replays", "/logs", "/cards"):
        answer = await site.get(path)
        assert answer.status_code == 200, path
    assert "own:acme" in text_of((await site.get(at)).text)
    assert "cannot be read" in text_of((await site.get("/cards")).text)
    for path in (f"{at}/edit", f"{at}/transformation"):
        assert (await site.get(path)).status_code == 404
    again = fields_of((await site.get("/cards/acme/edit")).text) | a_card(url_kind="ask", auth="none")
    path_of(await site.post("/cards/acme/edit", again))
    assert "own:acme" in site.services.cards


async def test_cards_that_do_not_exist(site: Site) -> None:
    for path in (
        "/cards/none/edit",
        "/cards/export?card=own:none",
        "/cards/export?card=../../etc",
        "/cards/new?start=no",
    ):
        assert (await site.get(path)).status_code == 404, path
    path_of(await site.post("/cards/none/delete"))


async def zip_of(site: Site, card: str) -> bytes:
    return (await site.get(f"/cards/export?card={card}")).content


def fields_of(page: str) -> dict[str, Any]:
    """The form of a card as a browser would send it unchanged."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, list[str]] = {}
            self.inside = False
            self.template = False
            self.area: str | None = None
            self.select: str | None = None

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            have = dict(attrs)
            self.inside = self.inside or (tag == "form" and "data-unsaved" in have)
            self.template = self.template or tag == "template"
            name = have.get("name")
            if not self.inside or self.template:
                return
            if tag == "textarea" and name:
                self.area = name
                self.found[name] = [""]
            elif tag == "select" and name:
                self.select = name
                self.found.setdefault(name, []).append("")
            elif tag == "option" and self.select and ("selected" in have or not self.found[self.select][-1]):
                self.found[self.select][-1] = have.get("value") or ""
            elif tag == "input" and name:
                if have.get("type") in ("radio", "checkbox") and "checked" not in have:
                    return
                self.found.setdefault(name, []).append(have.get("value") or "")

        def handle_endtag(self, tag: str) -> None:
            self.inside = self.inside and tag != "form"
            self.template = self.template and tag != "template"
            self.area = None if tag == "textarea" else self.area
            self.select = None if tag == "select" else self.select

        def handle_data(self, data: str) -> None:
            if self.area:
                self.found[self.area][0] += data

    reader = Reader()
    reader.feed(page)
    return {
        name: [value.removeprefix("\n") for value in values]
        if name in ("icon", "steps", "code", "contract")
        else values
        for name, values in reader.found.items()
    }
