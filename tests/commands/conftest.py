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
    """As ``stopped``, on each database."""
    postgresql = request.param == "postgresql"
    settings = {"HOOKBENCH_DATABASE": request.getfixturevalue("postgres_url")} if postgresql else {}
    return Running(tmp_path / "data", settings)
