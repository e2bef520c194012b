"""The data behind Intl, as workers ask for them."""

import pytest

from server.sandbox import locales


def test_a_zone_knows_when_its_clocks_change() -> None:
    assert '[1774746000, 120, "CEST"]' in locales.part("zone:Europe/Berlin")  # 2026-03-29T01:00:00Z


@pytest.mark.parametrize("name", ["zone:../../etc/passwd", "zone:/etc/passwd", "zone:", "locale:../x", "locale:", "x"])
def test_a_part_that_does_not_exist_is_null(name: str) -> None:
    assert locales.part(name) == "null"


def test_a_locale_is_not_changed_by_the_one_before_it() -> None:
    """Babel keeps what an alias led to in data that locales share."""
    locales.part("locale:ja-JP")
    assert "2月" not in locales.part("locale:fr-LU")
