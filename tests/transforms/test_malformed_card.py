"""A card that cannot be used is refused with a sentence that names the file and the key."""

from pathlib import Path

import pytest

from server.actions.cards import load_cards
from server.domain.card_files import parse_card
from server.domain.card_tables import MalformedCard

GOOD = """
title = "Good"
summary = "Sends somewhere."
group = "crm"
steps = ["Do it."]
[url]
default = "https://good.example"
[auth]
kind = "bearer"
token = "{api_key}"
[[fields]]
name = "api_key"
label = "API key"
kind = "secret"
[[samples]]
name = "other"
title = "Another way"
"""


def make(folder: Path, toml: str = GOOD, name: str = "good") -> Path:
    card = folder / name
    (card / "samples").mkdir(parents=True)
    (card / "card.toml").write_text(toml, encoding="utf-8")
    (card / "icon.svg").write_text('<path d="M0 0h1"/>\n', encoding="utf-8")
    (card / "default.js").write_text("function handler(webhook) { return webhook; }\n", encoding="utf-8")
    (card / "samples" / "other.js").write_text("function handler() { return null; }\n", encoding="utf-8")
    return card


def refusal(folder: Path) -> str:
    with pytest.raises(MalformedCard) as caught:
        load_cards(folder)
    return str(caught.value)


def test_a_whole_card_loads(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "README.md").write_text("No card.")
    card = load_cards(tmp_path)["good"]
    assert card.default_url({}) == "https://good.example"
    assert card.request_headers({"api_key": "k"}) == {"authorization": "Bearer k"}
    assert [(sample.name, sample.title) for sample in card.samples] == [("other", "Another way")]
    assert card.icon == '<path d="M0 0h1"/>'
    assert card.transforms


def test_cards_are_offered_by_title_after_the_plain_one(tmp_path: Path) -> None:
    for name, title in (("a", "zeta"), ("b", "Alpha"), ("webhook", "Webhook")):
        make(tmp_path, GOOD.replace('"Good"', f'"{title}"'), name)
    assert list(load_cards(tmp_path)) == ["webhook", "b", "a"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('title = "Good"', "", "good/card.toml: title is missing"),
        ('title = "Good"', 'title = ""', "good/card.toml: title is empty"),
        ('title = "Good"', "title = 3", "good/card.toml: title must be text"),
        ('title = "Good"', 'title = "Good"\ncolour = "red"', "good/card.toml: colour is not a key that a card knows"),
        ('["Do it."]', "[1]", "good/card.toml: steps must be a list of at most 40 texts"),
        ('default = "https://good.example"', "", "good/card.toml: url.default is missing"),
        ('default = "https://good.example"', 'ask = "yes"', "good/card.toml: url.ask must be true or false"),
        ('"bearer"', '"magic"', "good/card.toml: auth.kind is 'magic' and not one of basic, bearer, header"),
        ('"bearer"', '"basic"', "good/card.toml: auth.user is missing"),
        ('"{api_key}"', '"{token}"', "good/card.toml: auth.token names no field of the card: token"),
        ('"crm"', '"zoo"', "good/card.toml: group is 'zoo' and not one of chat, email"),
        ('group = "crm"', 'group = "crm"\nrate_limit = 0', "good/card.toml: rate_limit must be a whole number from 1"),
        ('"secret"', '"secret"\nknown_by = "(?=a)"', "good/card.toml: fields[0].known_by may have no look-around"),
        ('"https://good.example"', '"https://{key}.example"', "good/card.toml: url.default names no field of the card"),
        ('"https://good.example"', '"ftp://good.example"', "good/card.toml: url.default must begin with https://"),
        ('label = "API key"', "", "good/card.toml: fields[0].label is missing"),
        ('"secret"', '"choice"', "good/card.toml: fields[0].choices belongs to a field of the kind choice"),
        ('"secret"', '"secret"\npattern = "x"', "good/card.toml: fields[0].pattern_hint goes together with pattern"),
        (
            '"secret"',
            '"secret"\npattern = "("\npattern_hint = "No."',
            "good/card.toml: fields[0].pattern is not a regular expression",
        ),
        ('name = "other"', 'name = "../other"', "good/card.toml: samples[0].name is not in small letters"),
        ('name = "other"', 'name = "missing"', "good/samples/missing.js is missing"),
        ("[url]", "[url", "good/card.toml: "),
    ],
)
def test_the_refusal_names_the_file_and_the_key(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    make(tmp_path, GOOD.replace(old, new, 1))
    assert refusal(tmp_path).startswith(sentence)


@pytest.mark.parametrize("file", ["default.js", "icon.svg"])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    (make(tmp_path) / file).unlink()
    assert refusal(tmp_path) == f"good/{file} is missing"


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (make(tmp_path) / "default.js").write_bytes(b"\xff\xfe")
    assert refusal(tmp_path) == "good/default.js is not UTF-8 text"


def test_a_folder_with_an_odd_name_is_refused(tmp_path: Path) -> None:
    make(tmp_path, name="Customer.io")
    assert refusal(tmp_path).startswith("Customer.io: a card's folder is named in small letters")


def test_a_choice_needs_an_address_for_every_value(tmp_path: Path) -> None:
    choice = (
        '[[fields]]\nname = "region"\nlabel = "Region"\nkind = "choice"\nchoices = [{ value = "eu", label = "EU" }]\n'
    )
    toml = GOOD.replace("[[samples]]", choice + "[[samples]]", 1)
    make(tmp_path, toml.replace('default = "https://good.example"', 'default = { us = "https://us.example" }'))
    assert refusal(tmp_path) == "good/card.toml: url.default.eu is missing"


def test_a_letter_is_an_icon(tmp_path: Path) -> None:
    (make(tmp_path, 'letter = "Ä1"' + GOOD) / "icon.svg").unlink()
    assert ">Ä1</text>" in load_cards(tmp_path)["good"].icon


@pytest.mark.parametrize("letter", ["<b", "abc", "&", " ", "\\u0007"])
def test_a_letter_is_no_markup(tmp_path: Path, letter: str) -> None:
    (make(tmp_path, f'letter = "{letter}"' + GOOD) / "icon.svg").unlink()
    assert refusal(tmp_path).startswith("good/card.toml: letter ")


@pytest.mark.parametrize("name", ["host", "Content-Length", "webhook-signature", "proxy-x"])
def test_a_header_that_only_hookbench_sets_is_refused(tmp_path: Path, name: str) -> None:
    make(tmp_path, f'{GOOD}\n[headers]\n{name} = "a"')
    assert refusal(tmp_path).startswith(f"good/card.toml: headers.{name} cannot be sent")


def test_a_header_value_has_no_line_break(tmp_path: Path) -> None:
    make(tmp_path, f'{GOOD}\n[headers]\naccept = "a\\r\\nhost: evil"')
    assert refusal(tmp_path).startswith("good/card.toml: headers.accept cannot be sent")


@pytest.mark.parametrize("pattern", [".*", "[\\w-]+", "https://.*", "(?s).+"])
def test_a_card_does_not_claim_every_value(tmp_path: Path, pattern: str) -> None:
    make(tmp_path, GOOD.replace('kind = "secret"', f"kind = \"secret\"\nknown_by = '{pattern}'"))
    assert refusal(tmp_path) == "good/card.toml: fields[0].known_by fits values that may belong to any card"


def test_an_own_card_translates_only_its_own_sentences() -> None:
    files = {
        "card.toml": GOOD.partition("[[samples]]")[0] + "",
        "default.js": "function handler(webhook) { return webhook; }",
        "icon.svg": '<path d="M0 0h1"/>',
        "zh_Hans.json": '{"Good": "好", "Slack": "假", "API key": "密钥", "{count} days": "{x}"}',
    }
    assert parse_card("own:good", files).texts == {"zh_Hans": {"Good": "好", "API key": "密钥"}}


@pytest.mark.parametrize("number", ["1" * 5000, "0x" + "f" * 9000])
@pytest.mark.parametrize("place", ["rate_limit = ", '[check]\nurl = "https://a.example"\n[[check.results]]\nstatus = '])
def test_a_number_of_thousands_of_digits_is_refused(tmp_path: Path, place: str, number: str) -> None:
    toml = place + number + GOOD if place.startswith("rate") else f"{GOOD}\n{place}{number}"
    make(tmp_path, toml)
    assert refusal(tmp_path).startswith("good/card.toml: ")
