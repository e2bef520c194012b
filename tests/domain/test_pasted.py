"""What comes along unseen with a copied value is taken off its ends, and named where it is within."""

import pytest

from server.domain.pasted import invisible_in, trimmed

UNSEEN = [
    "\u200b",
    "\ufeff",
    "\u00a0",
    "\u200e",
    "\u202e",
    "\u2066",
    "\u2060",
    "\u00ad",
    "\u3000",
    "\n",
    "\r\n",
    "\t",
    " ",
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_it_is_taken_off_both_ends(unseen):
    assert trimmed(f"{unseen} k1 key{unseen}{unseen}") == "k1 key"


@pytest.mark.parametrize("unseen", [one for one in UNSEEN if one != " "], ids=ascii)
def test_it_is_named_within(unseen):
    assert invisible_in(f"k1{unseen}key") == f"U+{ord(unseen[0]):04X}"


@pytest.mark.parametrize(
    "text", ["", "k1 key", "Zürich", "日本語", "👨\u200d👩\u200d👧", "می\u200cخواهم", "-----BEGIN-----"]
)
def test_text_that_people_mean_is_left_alone(text):
    assert (trimmed(text), invisible_in(text)) == (text, None)


def test_nothing_but_unseen_is_nothing():
    assert trimmed(" \u200b\ufeff\n") == ""
