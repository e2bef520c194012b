"""Fixtures for running commands as a user does: each in its own process."""

from pathlib import Path

import pytest
from running import Running


@pytest.fixture
def stopped(tmp_path: Path) -> Running:
    """A Hookbench without a running server, for commands that need none."""
    return Running(tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def stopped_on_each(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """As ``stopped``, on each database, whose tables are there already."""
    if request.param == "postgresql":
        return Running(tmp_path / "data", {"HOOKBENCH_DATABASE": request.getfixturevalue("postgres_migrated")})
    request.getfixturevalue("migrated")(tmp_path / "data")
    return Running(tmp_path / "data")
