"""A world gets only the globals that its code names. Code that can reach others without naming them finds them all."""

import pytest
from sandbox.asking import Run, value

from server.sandbox.inside.worker import GLOBALS, wanted

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "expression",
    [
        "typeof globalThis['UR' + 'L']",
        "typeof (function () { return this })()['UR' + 'L']",
        "eval('typeof UR' + 'L')",
        "new Function('return typeof UR' + 'L')()",
        "(() => 1).constructor('return typeof UR' + 'L')()",
        "typeof \\u0055RL",
    ],
)
async def test_reflection_finds_what_the_code_does_not_name(run: Run, expression: str) -> None:
    assert await value(run, expression) == "function"


async def test_a_method_whose_name_is_put_together_knows_locales(run: Run) -> None:
    assert await value(run, "(1234.5)['toLocale' + 'String']('de')") == "1.234,5"


async def test_a_date_that_becomes_text_by_itself_is_as_in_v8(run: Run) -> None:
    expected = "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"
    assert await value(run, "`${new Date(0)}`") == expected


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("const handler = w => w", {}),
        ("console.log(new URL(a))", {"console": ["console"], "url": ["URL"]}),
        ("JSON.parse(a)", {"json": ["JSON"]}),
        ("class A { b() { return this.c } }", GLOBALS),
    ],
)
async def test_what_code_wants_is_read_off_its_words(code: str, parts: dict[str, list[str]]) -> None:
    assert wanted(code) == parts
