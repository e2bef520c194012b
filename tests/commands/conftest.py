"""Commands run as a person runs them: in a process of their own."""

from pathlib import Path

import pytest
from running import Running


@pytest.fixture
def stopped(tmp_path: Path) -> Running:
    """A Hookbench that was never started, for commands that need none."""
    return Running(tmp_path / "data")
