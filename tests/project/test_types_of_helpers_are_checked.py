"""mypy checks every fixture and helper module of the tests: a new one must be in ``[tool.mypy]``."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TESTS = ROOT / "tests"


def test_each_is_named_for_mypy() -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    bench = TESTS / "bench"
    helpers = [path for path in TESTS.rglob("*.py") if not path.name.startswith("test_") and bench not in path.parents]
    assert len(helpers) > 40
    unchecked = []
    for path in helpers:
        folder, name = path.relative_to(TESTS).parts[0], path.stem
        known = (f"{folder}.{name}" if name == "conftest" and path.parent != TESTS else name) in mypy["modules"]
        if folder not in mypy["packages"] and not known:
            unchecked.append(str(path.relative_to(ROOT)))
    assert unchecked == []
