"""The scripts that we did not write are checked in; VENDORED.md says which they are, to the byte."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

VENDOR = Path(__file__).parent.parent.parent / "static" / "vendor"
NAMED = dict(re.findall(r"^\| `(\S+)` .* `([0-9a-f]{64})` \|$", (VENDOR / "VENDORED.md").read_text(), flags=re.M))


def test_every_script_is_named() -> None:
    assert set(NAMED) == {file.name for file in VENDOR.glob("*.js")}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_script_has_the_sum_that_is_written_down(name: str) -> None:
    assert sha256((VENDOR / name).read_bytes()).hexdigest() == NAMED[name]
