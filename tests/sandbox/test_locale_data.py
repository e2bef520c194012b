"""The data behind Intl, as workers ask for them."""

import pytest

from server.sandbox import locales


def test_a_zone_knows_when_its_clocks_change() -> None:
    assert "[1774746000, 7200, true]" in locales.part("zone:Europe/Berlin|202")  # 2026-03-29T01:00:00Z


@pytest.mark.parametrize(
    "name",
    [
        "zone:../../etc/passwd|202",
        "zone:/etc/passwd|202",
        "zone:|1",
        "zone:UTC|x",
        "locale:../x",
        "locale:",
        "x",
        "date:de",
        "name:xx|region|long|US",
    ],
)
def test_a_part_that_does_not_exist_is_null(name: str) -> None:
    assert locales.part(name) == "null"


def test_a_locale_has_what_its_parents_have() -> None:
    assert '"group": "."' in locales.part("locale:de-BE")
    assert '"tag": "de"' in locales.part("locale:de-XX")
