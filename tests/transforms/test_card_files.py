"""What ships in ``transforms/``: every card loads, and is fit to be shown."""

import json
import re
from xml.etree import ElementTree

import pytest
from cards import BUILT_IN

from server.assets import transforms_dir
from server.domain.cards import Card, FieldKind
from server.domain.catalog import EVENT_TYPES

CARDS = BUILT_IN

SHAPES = {"g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon"}
HARMLESS = {
    *("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "fill-rule", "clip-rule", "opacity"),
    *("d", "cx", "cy", "r", "rx", "ry", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "points", "transform"),
}


def every_card() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())


def test_every_folder_is_a_card_and_the_plain_one_comes_first() -> None:
    assert next(iter(CARDS)) == "webhook"
    assert CARDS.keys() == {path.name for path in transforms_dir().iterdir() if path.is_dir()}


@every_card()
def test_an_icon_is_made_of_plain_shapes_in_the_current_colour(card: Card) -> None:
    svg = ElementTree.fromstring(f"<svg>{card.icon}</svg>")
    elements = list(svg.iter())[1:]
    assert elements
    for element in elements:
        assert element.tag in SHAPES
        assert element.attrib.keys() <= HARMLESS
        assert {element.get("fill"), element.get("stroke")} <= {None, "none", "currentColor"}


@every_card()
def test_what_a_person_reads_is_there(card: Card) -> None:
    assert card.summary.endswith(".")
    assert card.steps
    assert all(step.endswith(".") for step in card.steps)
    assert "function handler(webhook)" in card.default_code
    assert card.default_code.lstrip().startswith(("/*", "//"))


@every_card()
def test_every_code_has_an_expected_file_that_names_known_event_types(card: Card) -> None:
    files = {file.stem: file for file in (transforms_dir() / card.name / "expected").iterdir()}
    assert files.keys() == {"default", *(sample.name for sample in card.samples)}
    for file in files.values():
        assert json.loads(file.read_text(encoding="utf-8")).keys() <= EVENT_TYPES.keys() | {"*"}


@every_card()
def test_every_file_of_code_is_offered(card: Card) -> None:
    folder = transforms_dir() / card.name / "samples"
    assert {file.stem for file in folder.iterdir()} == {sample.name for sample in card.samples}


@every_card()
def test_a_card_either_asks_for_the_address_or_has_one_for_every_choice(card: Card) -> None:
    choices = [value for field in card.fields if field.kind is FieldKind.CHOICE for value, _ in field.choices]
    assert bool(card.url.defaults) is not card.asks_url
    assert all(url.startswith(("https://", "{")) for url in card.url.defaults.values())
    assert set(card.url.defaults) <= {"", *choices}


def test_the_webhook_card_starts_with_its_transformation_switched_off() -> None:
    assert not CARDS["webhook"].transforms
    for name in ("method", "url", "eventType", "payload", "headers", "env", "cancel"):
        assert re.search(rf"@param webhook\.{name}\b", CARDS["webhook"].default_code)


def test_customer_io_asks_for_site_id_api_key_and_region_and_authenticates_with_basic() -> None:
    card = CARDS["customer_io"]
    assert [(field.name, field.kind) for field in card.fields] == [
        ("site_id", FieldKind.TEXT),
        ("api_key", FieldKind.SECRET),
        ("region", FieldKind.CHOICE),
    ]
    assert card.default_url({"region": "us"}) == "https://track.customer.io/api/v2/entity"
    assert card.default_url({"region": "eu"}) == "https://track-eu.customer.io/api/v2/entity"
    assert card.default_url({}) == card.default_url({"region": "us"})
    # From: printf site:key | base64
    assert card.request_headers({"site_id": "site", "api_key": "key"})["authorization"] == "Basic c2l0ZTprZXk="


def test_the_address_of_a_slack_channel_is_a_secret() -> None:
    assert CARDS["slack"].asks_url
    assert CARDS["slack"].url.secret
    assert not CARDS["slack"].fields
