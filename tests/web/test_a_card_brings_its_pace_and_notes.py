"""A new endpoint starts with its card's rate limit, and its form shows the card's notes and the code to paste."""

from dataclasses import replace

import pytest
from cards import pigeon, put
from form import PLAIN, a_form, beside, path_of, text_of
from site_under_test import Site

from server.domain.cards import Card
from server.domain.endpoints import Endpoint
from server.store import endpoints


@pytest.fixture
def slow(site: Site) -> Card:
    """A card with a rate limit, a note and a snippet, in the list of the installation."""
    card = replace(pigeon(), rate_limit=3, notes=("Lofts close at <night>.",), snippet="coo('<loft>')")
    put(site.services, card)
    return card


def typed(**changes: object) -> dict[str, object]:
    return a_form(card="own:pigeon", url="https://loft.example/hooks/1/a", code=PLAIN) | changes


async def created(site: Site, form: dict[str, object]) -> Endpoint:
    endpoint_id = path_of(await site.post("/endpoints", form)).split("/")[3]
    found: Endpoint | None = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint_id))
    assert found
    return found


def limit_in(page: str) -> str:
    field = page.partition('name="rate_limit"')[2].partition(">")[0]
    return field.partition('value="')[2].partition('"')[0]


@pytest.mark.usefixtures("slow")
async def test_the_form_shows_the_limit_and_the_endpoint_gets_it(site: Site) -> None:
    assert limit_in((await site.get("/endpoints/new?card=own:pigeon")).text) == "3"
    assert (await created(site, typed(rate_limit="3"))).controls.rate_limit == 3


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(("given", "kept"), [("7", 7), ("", None), (" 1000 ", 1000)])
async def test_the_limit_may_be_changed_or_taken_away(site: Site, given: str, kept: int | None) -> None:
    assert (await created(site, typed(rate_limit=given))).controls.rate_limit == kept


@pytest.mark.usefixtures("slow")
async def test_a_program_that_does_not_name_the_limit_gets_the_one_of_the_card(site: Site) -> None:
    assert (await created(site, typed())).controls.rate_limit == 3


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("given", ["0", "1001", "1.5", "many", "9" * 40])
async def test_a_limit_that_makes_no_sense_is_refused_beside_its_field(site: Site, given: str) -> None:
    answer = await site.post("/endpoints", typed(rate_limit=given))

    assert answer.status_code == 422
    assert beside(answer.text, "rate_limit") == "Enter a whole number from 1 to 1000, or leave empty for no limit."
    assert limit_in(answer.text) == given
    assert '<details class="box advanced" open>' in answer.text


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(("given", "then"), [("", "3"), ("9", "9")])
async def test_another_card_brings_its_limit_unless_one_was_typed(site: Site, given: str, then: str) -> None:
    answer = await site.post("/endpoints/new", a_form(card="webhook", rate_limit=given) | {"to": "own:pigeon"})
    assert limit_in(answer.text) == then


@pytest.mark.usefixtures("slow")
async def test_a_later_change_of_the_form_leaves_the_limit_alone(site: Site) -> None:
    endpoint = await created(site, typed(rate_limit="7"))
    await site.post(f"/endpoints/{endpoint.id}/edit", typed(description="Loft"))
    now = await site.services.store.read(lambda tx: endpoints.get(tx, endpoint.id))
    assert now
    assert (now.description, now.controls.rate_limit) == ("Loft", 7)


@pytest.mark.usefixtures("slow")
async def test_notes_and_the_code_to_paste_are_shown_as_text(site: Site) -> None:
    page = (await site.get("/endpoints/new?card=own:pigeon")).text
    assert "Lofts close at &lt;night&gt;." in page
    assert "coo(&#39;&lt;loft&gt;&#39;)</code>" in page
    assert "<loft>" not in page
    assert "Code to paste" in text_of(page)
