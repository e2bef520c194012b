"""The scripts and fonts that we did not make are checked in; VENDORED.md says which they are, to the byte."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

VENDOR = Path(__file__).parent.parent.parent / "static" / "vendor"
NAMED = dict(re.findall(r"^\| `(\S+)` .* `([0-9a-f]{64})` \|$", (VENDOR / "VENDORED.md").read_text(), flags=re.M))


def test_every_file_is_named() -> None:
    assert set(NAMED) == {file.name for file in VENDOR.iterdir() if file.suffix in (".js", ".woff2")}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_file_has_the_sum_that_is_written_down(name: str) -> None:
    assert sha256((VENDOR / name).read_bytes()).hexdigest() == NAMED[name]


def test_each_script_has_its_compressed_form_beside_it() -> None:
    """No library here reads Brotli: the sums of both, written by the build, tell that they belong together."""
    pairs = [line.split() for line in (VENDOR / "COMPRESSED.txt").read_text().splitlines()]
    found = [
        [*(sha256((VENDOR / file).read_bytes()).hexdigest() for file in (name, f"{name}.br")), name]
        for *_, name in pairs
    ]
    assert found == pairs
    assert {name for *_, name in pairs} == {file.name for file in VENDOR.glob("*.js")}


@pytest.mark.parametrize("name", [name for name in NAMED if name.endswith(".woff2")])
def test_the_address_of_a_font_has_its_sum(name: str) -> None:
    address = f"/static/vendor/{name}?v={NAMED[name][:16]}"
    for user in ("static/css/tokens.css", "templates/ui/head.html"):
        assert address in (VENDOR.parent.parent / user).read_text(), user
