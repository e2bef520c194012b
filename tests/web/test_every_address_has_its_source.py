"""The source is a part of every address and form: ``/test/…`` and ``/live/…``."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from builders import an_endpoint
from entries import tried
from form import a_form, path_of, text_of
from routes import routes
from site_under_test import Site

from server.assets import templates_dir
from server.domain.ids import SourceId, mint, unique
from server.domain.messages import DeliveryState
from server.domain.sources import RESERVED_SLUGS, Mode, Source, slugs
from server.store import Store, endpoints, sources
from server.web.old_addresses import PLACES

LED_BY_ID = {"reveal"}
"""What a macro links to without knowing the source; the id in the address leads on."""
SOURCELESS = re.compile(rf"(?<!\}}\}})(?<!base ~ )(?<!at ~ )[\"'](/(?:{'|'.join(set(PLACES) - LED_BY_ID)})\b[^\"']*)")


@pytest.fixture
async def live(site: Site) -> Source:
    return next(each for each in await site.services.store.read(sources.every) if each.mode is Mode.LIVE)


@pytest.fixture(params=["site", "site_on_postgres"])
def either(request: pytest.FixtureRequest) -> Site:
    """The site on either database."""
    found: Site = request.getfixturevalue(request.param)
    return found


async def of_source(site: Site, source: Source) -> list[str]:
    """The names of the source's endpoints."""
    return [each.description for each in await site.services.store.read(lambda tx: endpoints.of_source(tx, source.id))]


async def test_a_form_goes_to_the_source_under_which_it_was_opened(site: Site, live: Source) -> None:
    form = (await site.get("/test/endpoints/new")).text
    await site.get("/live/endpoints")  # another tab
    [action] = re.findall(r'<form class="form workbench" method="post" action="([^"]+)"', form)

    created = await site.post(action, a_form(description="Shop"))

    assert path_of(created).startswith("/test/endpoints/ep_")
    assert (await of_source(site, site.source), await of_source(site, live)) == (["Shop"], [])


@pytest.mark.parametrize("slug", ["test", "live"])
async def test_all_that_a_page_links_to_and_sends_bears_its_source(site: Site, live: Source, slug: str) -> None:
    here = replace(site, source=site.source if slug == "test" else live)
    shop = an_endpoint(here.source, "function handler(w) { return w }", description="Shop")
    await site.services.store.write(lambda tx: endpoints.insert(tx, shop))
    entry = await tried(here, shop, state=DeliveryState.FAILED)
    at = f"/{slug}/endpoints/{shop.id}"
    pages = [
        f"/{slug}/{place}"
        for place in ("endpoints", "logs", "activity", "notices", "events", "inspector", "sources", "settings", "cards")
    ]
    pages += [
        f"/{slug}/search?q=a",
        f"/{slug}/settings/search",
        f"/{slug}/endpoints/new",
        f"/{slug}/sources/new",
        f"/{slug}/docs/code",
        f"/{slug}/cards/new?start=slack",
        f"/{slug}/messages/{entry.message.id}",
        f"{at}/edit",
    ]
    pages += [
        at,
        f"{at}/testing",
        f"{at}/audit",
        f"{at}/delete",
        f"/{slug}/endpoints/deleted",
        f"{at}/advanced",
        f"{at}/replays",
        f"{at}/transformation",
        f"{at}/coverage",
        f"{at}/cases",
        f"{at}/cases/new",
        f"{at}/replays/new?kind=bulk",
    ]
    other = "live" if slug == "test" else "test"
    for page in pages:
        answer = await site.get(page)
        assert answer.status_code == 200, page
        found = set(
            re.findall(r'(?:href|action|formaction|hx-get|hx-post|data-check-url|data-base)="(/[^"]*)"', answer.text)
        )
        without = re.sub(r'<nav class="source-(?:switch|list)".*?</nav>', "", answer.text, flags=re.DOTALL)
        elsewhere = {
            each
            for each in found
            if not each.startswith((f"/{slug}", "/static/", "/preferences", "/logout", "/reveal?"))
        }
        assert {each.split("/")[1] for each in elsewhere} <= {other}, page
        assert f'="/{other}' not in without, page
        assert f'data-mode="{slug}"' in answer.text


@pytest.mark.parametrize("file", sorted(templates_dir().rglob("*.html")), ids=lambda file: file.stem)
def test_no_template_forgets_the_source(file: Path) -> None:
    written = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
    if file.name == "layout.html":
        written = re.sub(r"set places = \[.*?\]", "", written, flags=re.DOTALL)  # `base` stands where they are used
    allowed = ["/endpoints"] * 2 if file.parts[-2:] == ("endpoints", "new.html") else []
    assert [each for each in SOURCELESS.findall(written) if f'address == "{each}"' not in written] == allowed


@pytest.mark.parametrize(
    "page",
    [
        "",
        "/advanced",
        "/edit",
        "/testing",
        "/transformation",
        "/coverage",
        "/cases",
        "/replays",
        "/replays/new?kind=bulk",
        "/head",
    ],
)
async def test_an_endpoint_under_the_wrong_source_is_shown_under_its_own(site: Site, page: str) -> None:
    shop = an_endpoint(site.source)
    await site.services.store.write(lambda tx: endpoints.insert(tx, shop))

    answer = await site.get(f"/live/endpoints/{shop.id}{page}")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/test/endpoints/{shop.id}{page}")
    assert (await site.get(answer.headers["location"])).status_code == 200


async def test_messages_and_attempts_under_the_wrong_source_too(site: Site) -> None:
    shop = an_endpoint(site.source)
    await site.services.store.write(lambda tx: endpoints.insert(tx, shop))
    entry = await tried(site, shop)
    for path in (
        f"/messages/{entry.message.id}?attempt={entry.attempt.id}",
        f"/messages/{entry.message.id}/body",
        f"/attempts/{entry.attempt.id}/request-body",
        f"/attempts/{entry.attempt.id}/response-body",
    ):
        assert (await site.get(f"/live{path}")).headers["location"] == f"/test{path}"


async def test_a_form_under_the_wrong_source_changes_nothing(site: Site) -> None:
    shop = an_endpoint(site.source)
    await site.services.store.write(lambda tx: endpoints.insert(tx, shop))
    entry = await tried(site, shop, state=DeliveryState.FAILED)
    for path in (
        f"/endpoints/{shop.id}/pause",
        f"/endpoints/{shop.id}/delete",
        f"/deliveries/{entry.delivery.id}/resend",
        f"/deliveries/{entry.delivery.id}/skip",
    ):
        answer = await site.post(f"/live{path}")
        assert answer.status_code == 404, path
        assert "This belongs to Test" in text_of(answer.text)
        assert 'aria-label="Main"' in answer.text  # the navigation stays
    kept = await site.services.store.read(lambda tx: endpoints.get(tx, shop.id))
    assert kept is not None
    assert not kept.paused


async def test_a_shared_link_shows_a_colleague_the_same(site: Site, live: Source) -> None:
    shop = an_endpoint(live, description="Live shop")
    await site.services.store.write(lambda tx: endpoints.insert(tx, shop))
    await site.get("/test/logs")  # what the colleague looked at last
    assert "Live shop" in (await site.get("/live/endpoints")).text
    assert (await site.get(f"/live/endpoints/{shop.id}")).status_code == 200


async def test_old_addresses_lead_to_the_source_of_what_they_name(either: Site) -> None:
    site = either
    live = next(each for each in await site.services.store.read(sources.every) if each.mode is Mode.LIVE)
    for source, slug in ((live, "live"), (site.source, "test")):
        here = replace(site, source=source)
        shop = an_endpoint(source)
        await site.services.store.write(lambda tx, shop=shop: endpoints.insert(tx, shop))
        entry = await tried(here, shop)
        for path in (
            f"/endpoints/{shop.id}",
            f"/endpoints/{shop.id}/replays/new?kind=failed",
            f"/messages/{entry.message.id}?attempt={entry.attempt.id}",
            f"/attempts/{entry.attempt.id}/request-body",
            f"/logs?endpoint={shop.id}",
            f"/inspector?attempt={entry.attempt.id}",
        ):
            answer = await site.client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/{slug}{path}")
        for path in (f"/endpoints/{shop.id}/pause", f"/deliveries/{entry.delivery.id}/resend"):
            answer = await site.client.post(path)
            assert (answer.status_code, answer.headers["location"]) == (307, f"/{slug}{path}")
        tested = await site.client.post("/transformations/try", data={"endpoint": shop.id})
        assert (tested.status_code, tested.headers["location"]) == (307, f"/{slug}/transformations/try")


async def test_addresses_that_name_nothing_lead_to_the_source_looked_at_last(site: Site) -> None:
    assert (await site.client.get("/logs?status=failed")).headers["location"] == "/test/logs?status=failed"
    await site.get("/live/logs")
    for path in ("/logs", "/endpoints/new?card=slack", "/settings", "/docs/code", "/endpoints/ep_gone"):
        assert (await site.client.get(path)).headers["location"] == f"/live{path}"
    assert (await site.client.get("/?said=welcome")).headers["location"] == "/live/endpoints?said=welcome"
    assert (await site.client.get("/test")).headers["location"] == "/test/endpoints"


async def test_what_a_page_fetches_by_itself_is_not_what_was_looked_at_last(site: Site) -> None:
    await site.get("/test/logs")
    await site.get("/live/logs", headers={"hx-request": "true", "hx-request-type": "partial"})
    assert (await site.client.get("/logs")).headers["location"] == "/test/logs"


async def test_a_form_of_a_new_endpoint_without_a_source_asks_for_it_and_keeps_what_was_typed(
    site: Site, live: Source
) -> None:
    asked = await site.client.post("/endpoints", data=a_form(description="Shop", url="https://example.com/x"))

    assert asked.status_code == 409
    assert 'value="https://example.com/x"' in asked.text
    assert "Nothing was created" in text_of(asked.text)
    assert (await of_source(site, site.source), await of_source(site, live)) == ([], [])
    assert set(re.findall(r'formaction="(/\w+/endpoints)"', asked.text)) == {"/test/endpoints", "/live/endpoints"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/logs?status=failed&endpoint=ep_1", "/logs"),
        ("/endpoints/new?card=slack", "/endpoints/new?card=slack"),
        ("/events/license_key.created", "/events/license_key.created"),
        ("/settings", "/settings"),
        ("/sources", "/sources"),
        ("/docs/code", "/docs/code"),
    ],
)
async def test_the_switch_leads_to_the_same_place_of_the_other_source(site: Site, before: str, after: str) -> None:
    page = (await site.get(f"/test{before}")).text
    assert re.findall(r'<a href="(/[^"]*)" data-mode="live"', page) == [f"/live{after}"]


async def test_from_the_page_of_a_thing_the_switch_leads_to_the_list_of_its_kind(site: Site) -> None:
    shop = an_endpoint(site.source)
    await site.services.store.write(lambda tx: endpoints.insert(tx, shop))
    entry = await tried(site, shop)
    refused = await site.post("/test/transformations/try", a_form(url="", payload="{"))
    assert refused.status_code == 422
    for page, after in (
        (await site.get(f"/test/endpoints/{shop.id}/advanced"), "/live/endpoints"),
        (await site.get(f"/test/messages/{entry.message.id}"), "/live/logs"),
        (refused, "/live/endpoints"),
    ):
        assert re.findall(r'<a href="(/[^"]*)" data-mode="live"', page.text) == [after]


async def test_live_is_named_on_the_page_and_on_the_buttons_that_put_something_into_effect(site: Site) -> None:
    live, test = (await site.get("/live/endpoints/new")).text, (await site.get("/test/endpoints/new")).text
    assert "live-mark" in live
    assert re.search(r'<span>Create</span> <span class="live-tag">Live</span>', live)
    assert "live-mark" not in test
    assert "live-tag" not in test
    site.client.cookies.set("lang", "zh_Hans")
    chinese = (await site.get("/live/endpoints/new")).text
    assert re.search(r'class="live-tag">正式<', chinese)


def a_source(name: str, mode: Mode) -> Source:
    return Source(mint(SourceId), name, mode, "token", None, 0)


async def test_further_sources_are_named_by_their_own_name_or_their_mode(each_store: Store) -> None:
    every = [
        a_source("Test", Mode.TEST),
        a_source("Live", Mode.LIVE),
        a_source("Live EU", Mode.LIVE),
        a_source("live-eu", Mode.LIVE),
        a_source("欧洲", Mode.TEST),
        a_source("Settings", Mode.TEST),
        a_source("Live", Mode.TEST),
    ]
    for at, each in enumerate(every):
        stored = replace(each, token=str(at), created_at=at)
        await each_store.write(lambda tx, stored=stored: sources.insert(tx, stored))  # type: ignore[misc]
    found = slugs(await each_store.read(sources.every))
    assert list(found.values()) == ["test", "live", "live-eu", "live-eu-2", "test-2", "test-3", "test-4"]


async def test_the_pages_of_a_further_source_work(either: Site) -> None:
    site = either
    europe = a_source("Live EU", Mode.LIVE)
    europe = replace(europe, token=unique("tok"), created_at=site.services.now() + 10)
    await site.services.store.write(lambda tx: sources.insert(tx, europe))

    created = await site.post("/live-eu/endpoints", a_form(description="Europe's shop"))

    assert path_of(created).startswith("/live-eu/endpoints/ep_")
    assert await of_source(site, europe) == ["Europe's shop"]
    assert "Europe&#39;s shop" not in (await site.get("/live/endpoints")).text
    assert (await site.get(f"/{europe.id}/logs?status=failed")).headers["location"] == "/live-eu/logs?status=failed"
    assert (await site.get("/none/logs")).status_code == 404


async def test_no_address_of_ours_can_be_taken_for_a_source(site: Site) -> None:
    firsts = {path.split("/")[1] for _, path in routes(site.app)}
    assert {each for each in firsts if each and "{" not in each} - {"favicon.ico", *Mode} <= RESERVED_SLUGS
