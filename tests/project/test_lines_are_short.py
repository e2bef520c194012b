"""No line of the pages' JavaScript and CSS is longer than 120 characters. The formatter leaves comments and strings."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_CHARACTERS = 120
FILES = sorted([*ROOT.glob("static/js/*.js"), *ROOT.glob("static/css/*.css")])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_line_is_too_long(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > MAX_CHARACTERS] == []
