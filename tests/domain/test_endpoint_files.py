"""An endpoint's folder is read and written without loss and without a secret; a mistake names file and place."""

import json
from dataclasses import replace

import pytest

from server.domain.checked_values import MalformedFile
from server.domain.conditions import Condition, Operator
from server.domain.endpoint_files import MAX_CASES, EndpointFile, Folder, dump, file_of, is_case, load
from server.domain.endpoints import Controls, Destination, Endpoint
from server.domain.ids import EndpointId
from server.domain.test_case_files import load as load_case
from server.domain.test_cases import TestCase

FULL = EndpointFile(
    card="webhook",
    description='Ein "Laden" 😀\\',
    url="https://shop.example/hooks",
    transforming=False,
    variables=("CHANNEL", "API_KEY"),
    event_types=frozenset({f"payment.{n}" for n in range(20)}),
    conditions=(Condition("data.currency", Operator.IN, "EUR, USD"), Condition('a["b c"]', Operator.MISSING, "")),
    controls=Controls(schedule=(0, 5000, 3_600_000), rate_limit=7, concurrency=2, ordered=True, enforce_contract=True),
)


def case(name: str) -> TestCase:
    expect = {"assertions": [{"cancelled": True}]}
    return load_case(json.dumps({"name": name, "event_type": "a.b", "payload": {}, "expect": expect}))


def test_it_comes_back_as_it_was() -> None:
    assert load(dump(FULL)) == replace(FULL, variables=("API_KEY", "CHANNEL"))
    assert load(dump(EndpointFile("slack"))) == EndpointFile("slack")
    assert load('card = "slack"') == EndpointFile("slack")
    assert load(dump(replace(FULL, event_types=frozenset()))).event_types == frozenset()
    odd = replace(FULL, description="a\x7f\t\x01", conditions=())
    assert load(dump(odd)).description == odd.description


def test_it_can_be_read_by_people() -> None:
    assert dump(replace(FULL, event_types=frozenset({"payment.failed"}), description="Shop")) == (
        'card = "webhook"\n'
        'description = "Shop"\n'
        'url = "https://shop.example/hooks"\n'
        "transforming = false\n"
        'variables = ["API_KEY", "CHANNEL"]\n'
        'event_types = ["payment.failed"]\n'
        "\n[[filter]]\n"
        'path = "data.currency"\n'
        'operator = "in"\n'
        'value = "EUR, USD"\n'
        "\n[[filter]]\n"
        'path = "a[\\"b c\\"]"\n'
        'operator = "not exists"\n'
        "\n[pacing]\n"
        'schedule = "0s, 5s, 1h"\n'
        "rate_limit = 7\n"
        "concurrency = 2\n"
        "ordered = true\n"
        "enforce_contract = true\n"
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "card is missing."),
        ("card = ", "It is not TOML: Invalid value (at end of document)"),
        ("a=" + "[" * 5000, "It is not TOML: maximum recursion depth exceeded"),
        ('card = "a"\nsecret = "x"', "secret is not a key that is known here."),
        ("card = 5", "card must be text."),
        ('card = "a"\nvariables = ["a b"]', "variables[0] is not the name of a variable: letters, digits and _ are."),
        ('card = "a"\nvariables = {A = "x"}', "variables must be a list."),
        ('card = "a"\nevent_types = [""]', "event_types[0] must not be empty."),
        ('card = "a"\ntransforming = "yes"', "transforming must be true or false."),
        ('card = "a"\n[[filter]]\npath = "a"\noperator = "~"', "filter[0].operator must be one of "),
        ('card = "a"\n[[filter]]\npath = "a..b"\noperator = "="', "filter[0].path This is not a valid path."),
        ('card = "a"\n[pacing]\nrate_limit = 0', "pacing.rate_limit must be a whole number from 1 to 1000."),
        ('card = "a"\n[pacing]\nschedule = "soon"', "pacing.schedule “soon” is not a delay."),
        ('card = "a"\n[pacing]\nrate = 1', "pacing.rate is not a key that is known here."),
        (f'card = "{"x" * 70_000}"', "is larger than 64 KiB."),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(MalformedFile) as found:
        load(text)
    assert str(found.value).startswith(sentence)


def test_no_secret_of_an_endpoint_is_told() -> None:
    endpoint = Endpoint.new(
        id=EndpointId("ep_1"),
        card="slack",
        url="https://hooks.slack.com/services/T0/B0/secret",
        destination=Destination.SEND,
        transforming=True,
        code="x",
        credentials={"api_key": "sk_secret"},
        headers={"x-key": "sk_header"},
        variables={"API_KEY": "sk_variable"},
        secret="whsec_signing",
    )
    text = dump(file_of(endpoint, None))
    assert "API_KEY" in text
    assert not any(secret in text for secret in ("secret", "sk_", "whsec_", "hooks.slack"))


def test_a_folder_comes_back_as_it_was() -> None:
    folder = Folder(FULL, "code\n", (case("One"), case("Two")), card_files={"card.toml": "x"})
    files = folder.files
    assert list(files) == ["endpoint.toml", "transform.js", "cases/one.json", "cases/two.json", "card/card.toml"]
    again = Folder.of(files)
    assert (again.code, again.cases, again.card_files) == (folder.code, folder.cases, folder.card_files)
    assert again.files == files


def test_a_renamed_file_keeps_its_name_and_a_new_case_gets_a_free_one() -> None:
    files = Folder(FULL, "code", (case("One"),)).files
    files["cases/two.json"] = files.pop("cases/one.json")
    read = Folder.of(files)
    more = replace(read, cases=(*read.cases, case("Two")))
    assert sorted(path for path in more.files if is_case(path)) == ["cases/two-2.json", "cases/two.json"]


def test_a_mistake_in_a_folder_names_the_file() -> None:
    files = Folder(FULL, "code", (case("One"),)).files
    one = files["cases/one.json"]
    for changed, sentence in (
        ({"cases/a.json": "{"}, "cases/a.json: It is not valid JSON: see line 1, column 2."),
        ({"endpoint.toml": ""}, "endpoint.toml: card is missing."),
        ({"cases/x.json": one}, "cases/x.json: name is also the name of the case in cases/one.json."),
        ({"transform.js": "x" * 300_000}, "transform.js: is larger than 256 KiB."),
        ({f"cases/{n}.json": "{}" for n in range(MAX_CASES + 1)}, "cases: has more than 200 entries."),
    ):
        with pytest.raises(MalformedFile) as found:
            Folder.of({**files, **changed})
        assert str(found.value) == sentence
    with pytest.raises(MalformedFile, match=r"transform.js: The file is missing."):
        Folder.of({"endpoint.toml": dump(FULL)})
