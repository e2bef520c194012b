"""A test that fails beside others and alone fails the run; one that passes alone is named."""

import subprocess
import sys
from pathlib import Path

import pytest

ONCE_MORE = Path(__file__).parents[1] / "once_more.py"
PASSES_LATER = """
from pathlib import Path
def test_a_race():
    tried = Path("tried")
    if not tried.exists():
        tried.touch()
        assert False
"""
ALWAYS = "def test_a_fault():\n    assert False\n"
MANY = "import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_many(n):\n    assert False\n"
BROKEN = "import nothing_of_this_name\n"


@pytest.mark.parametrize(
    ("code", "exit_code", "runs", "told"),
    [
        ("def test_fine(): pass\n", 0, 1, ""),
        (PASSES_LATER, 0, 2, "passed alone. Look for the race:\n  test_it.py::test_a_race"),
        (ALWAYS, 1, 2, "1 failed beside others"),
        (PASSES_LATER + ALWAYS, 1, 2, "2 failed beside others"),
        (MANY, 1, 1, "6 failed"),
        (BROKEN, 2, 1, ""),
    ],
    ids=["nothing fails", "a race", "a fault", "both", "many", "no tests"],
)
def test_only_what_passes_alone_is_forgiven(tmp_path: Path, code: str, exit_code: int, runs: int, told: str) -> None:
    (tmp_path / "test_it.py").write_text(code)
    (tmp_path / "pytest.ini").touch()
    run = subprocess.run([sys.executable, str(ONCE_MORE)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == exit_code, run.stdout
    assert run.stdout.count("test session starts") == runs
    assert told in run.stdout
