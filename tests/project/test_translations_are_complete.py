"""The .po files say everything that a reader may see, in the reader's language, and nothing else."""

import re

import pytest
from translations import LANGUAGES, Sentence, file_of, missing, read, sentences, update

VALUE = re.compile(r"\{\w+\}")
NAME = re.compile(r"`[^`]*`|https?://\S*|webhook\.\w+|whsec_")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_a_translation(language: str) -> None:
    assert missing(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_what_make_translations_writes(language: str) -> None:
    assert file_of(language).read_bytes() == update(language), "run: make translations"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_the_file_is_fuzzy_or_unused(language: str) -> None:
    catalogue = read(language)
    assert [entry.id for entry in catalogue if entry.fuzzy] == []
    assert {entry.id for entry in catalogue if entry.id} == sentences().keys()
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_and_names_stand_in_both(language: str) -> None:
    for one, translation in pairs(language):
        assert set(VALUE.findall(one)) == set(VALUE.findall(translation)), one
        for name in NAME.findall(one):
            assert name.rstrip(".,;") in translation, one


def test_a_sentence_that_counts_has_one_form_in_chinese() -> None:
    counting = [entry for entry in read("zh_Hans") if isinstance(entry.id, tuple)]
    assert counting
    assert all(len(entry.string) == 1 for entry in counting)


def test_sentences_of_every_kind_of_place_are_collected() -> None:
    found = sentences()
    for sentence in [
        "Endpoints",  # a template
        ("{count} event type", "{count} event types"),  # a template that counts
        "The name or password is wrong.",  # code
        "Endpoint created.",  # what the next page says
        "Sent when a payment succeeds.",  # the event catalogue
        "The business that the event belongs to.",  # a schema
        "The sandbox could not run the code.",  # a reason that an attempt keeps
    ]:
        assert sentence in found
    assert "delivery.attempted" not in found, "a log's event is no sentence"


def pairs(language: str) -> list[tuple[str, str]]:
    """Each English sentence with its translation; of a sentence that counts, the plural."""
    found: list[tuple[str, str]] = []
    for entry in read(language):
        if entry.id:
            sentence: Sentence = entry.id
            one, translation = (sentence, entry.string) if isinstance(sentence, str) else (sentence[1], entry.string[0])
            found.append((one, translation))
    return found
