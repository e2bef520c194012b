"""Lines of JavaScript and CSS have at most 120 characters. The formatter breaks no comment and no literal."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_CHARACTERS = 120
PRELUDE = ROOT / "server" / "sandbox" / "inside" / "prelude"
FILES = sorted([*ROOT.glob("static/js/*.js"), *ROOT.glob("static/css/*.css"), *PRELUDE.rglob("*.js")])
LONG_LITERAL = re.compile(r"""("[^"]{40,}|'[^']{40,}|`[^`]{40,}|/[^/\s][^/]{30,})""")
"""A text or regular expression that is one piece."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_line_is_too_long(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    long = [(number, line) for number, line in enumerate(lines, 1) if len(line) > MAX_CHARACTERS]
    if file.is_relative_to(PRELUDE):
        long = [each for each in long if not LONG_LITERAL.search(each[1])]
    assert long == []
