"""Two sentences never touch: Jinja removes the line break after a block, and the indentation before one."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from jinja2 import nodes

from server.web.render import environment

ROOT = Path(__file__).parent.parent.parent / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
ENDS = (".", "?", "!", "…")
INLINE = ("<a ", "<strong>", "<code>", "<span>")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_sentence_is_followed_by_a_space(template: Path) -> None:
    assert touching(template.read_text()) == []


@pytest.mark.parametrize(
    ("template", "lines"),
    [
        ('{% if a %}{{ _("One.") }}{% endif %}\n{{ _("Two.") }}', [2]),
        ('{% if a %}{{ _("One.") }}{% endif %}\n  {% if b %}<a href="">{{ _("Two") }}</a>{% endif %}', [2]),
        ('{% if a %}{{ _("One {n}.").format(n=1) }}{% else %}-{% endif %}{{ _("Two.") }}', [1]),
        ('{% if a %}{{ _("One.") }}{% endif %}\n  {{ _("Two.") }}', []),
        ('{% if a %}{{ _("One.") }}{% endif %} {% if b %}{{ _("Two.") }}{% endif %}', []),
        ('{% if a %}{{ _("One.") }}{% else %}{{ _("Two.") }}{% endif %}', []),
        ('<p>{{ _("One.") }}</p>{% if a %}<p>{{ _("Two.") }}</p>{% endif %}', []),
    ],
)
def test_the_rule_finds_what_touches(template: str, lines: list[int]) -> None:
    assert touching(template) == lines


def touching(source: str) -> list[int]:
    """The lines with text that follows a sentence without a space."""
    found: list[int] = []
    _walk(environment().parse(source).body, False, found)
    return sorted(set(found))


def _walk(body: Iterable[nodes.Node], after: bool, found: list[int]) -> bool:
    """Whether a sentence may be what comes last. ``after``: whether one may stand before the body."""
    for node in body:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    after = _part(part, after, found)
            case nodes.If():
                branches = [node.body, *(each.body for each in node.elif_), node.else_]
                after = True in [_walk(each, after, found) for each in branches]
            case nodes.For():
                after = _walk(node.body, after, found) or after
            case nodes.With():
                after = _walk(node.body, after, found)
            case nodes.Assign() | nodes.ExprStmt() | nodes.FromImport() | nodes.Import():
                continue
            case _:
                _walk(getattr(node, "body", ()), False, found)
                after = after and isinstance(node, nodes.AssignBlock)
    return after


def _part(part: nodes.Expr, after: bool, found: list[int]) -> bool:
    sentence = part.data if isinstance(part, nodes.TemplateData) else _sentence(part)
    text = isinstance(part, nodes.TemplateData)
    if after and (sentence[:1].isalpha() or (text and sentence.startswith(INLINE))):
        found.append(part.lineno)
    return not text and sentence.endswith(ENDS)


def _sentence(part: nodes.Node) -> str:
    """The first text that the expression translates; empty for any other value."""
    call = next((each for each in (part, *part.find_all(nodes.Call)) if _translates(each)), None)
    return str(call.args[0].value) if isinstance(call, nodes.Call) and isinstance(call.args[0], nodes.Const) else ""


def _translates(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in ("_", "ngettext")
