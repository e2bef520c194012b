"""Templates write values as Jinja itself does, which takes longer."""

from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from server.domain.sentences import Sentence
from server.web.template_output import Templates, finalized

OPTIONS: dict[str, Any] = {"autoescape": True, "undefined": StrictUndefined, "finalize": finalized}
TEXT = """{{ value }}|{{ value }}{{ value }}|<b title="{{ value }}">{% set kept %}{{ value }}{% endset %}{{ kept }}</b>
{%- macro shown(it) %}<i>{{ it }}</i>{% endmacro %}{{ shown(value) }}{% for each in [value] %}{{ each }}{% endfor %}
{%- call(it) shown2(value) %}{{ it }}{% endcall %}{{ value ~ "<" }}{% filter upper %}{{ value }}{% endfilter %}
{%- autoescape false %}{{ value }}{% endautoescape %}{% autoescape choice %}{{ value }}{% endautoescape %}"""
MACRO = "{% macro shown2(it) %}[{{ caller(it) }}]{% endmacro %}"


class Drawn:
    def __repr__(self) -> str:
        return "Drawn()"  # names of tests must be the same in each process of pytest

    def __html__(self) -> str:
        return "<svg/>"


class Text(str):
    pass


@pytest.mark.parametrize("choice", [True, False])
@pytest.mark.parametrize(
    "value",
    [
        "plain", "", "a & b", "<script>", "\"'>", "中文", Markup("<b>bold</b>"), Markup(""), 0, -7, 10**20, True, None,
        1.5, b"<bytes>", ["<", 1], Drawn(), Text("<own>"), Sentence("Saved <in> this browser."),
        Sentence("{count} left", {"count": 3}),
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_is_written_as_jinja_writes_it(value: object, choice: bool) -> None:
    ours, jinjas = Templates(**OPTIONS), Environment(**OPTIONS)
    written = [env.from_string(MACRO + TEXT).render(value=value, choice=choice) for env in (ours, jinjas)]
    assert written[0] == written[1]


def test_what_is_not_there_is_an_error() -> None:
    template = Templates(**OPTIONS).from_string("{{ value }}")
    with pytest.raises(UndefinedError):
        template.render()
