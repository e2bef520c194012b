"""Fixtures for running commands as a user does: each in its own process."""

from pathlib import Path

import pytest
from running import Running


@pytest.fixture
def stopped(tmp_path: Path) -> Running:
    """A Hookbench without a running server, for commands that need none."""
    return Running(tmp_path / "data")
