"""The pages' security policy forbids inline scripts and styles; a template that has one would silently not work."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "inline style": r"\sstyle\s*=",
    "inline handler": r"\son[a-z]+\s*=\s*[\"']",
    "hx-on": r"\bhx-on",
    "js: expression": r"[\"']js:",
    "trigger filter": r"hx-trigger\s*=\s*[\"'][^\"']*\[",
    "inline script": r"<script(?![^>]*\bsrc=)",
    "foreign address": r"(?:src|href)\s*=\s*[\"'](?:https?:)?//",
    "safe filter": r"\|\s*safe\b",
}
# Icons are drawings that ship with the program, our own and the cards'. Nothing that a person typed comes near them.
ALLOWED = {("ui/icons.html", "safe filter")}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT / "templates")))
def test_a_template_keeps_the_policy(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.S)
    name = template.relative_to(ROOT / "templates").as_posix()
    broken = [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text) and (name, what) not in ALLOWED]
    assert broken == []
