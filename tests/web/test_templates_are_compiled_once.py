"""Compiled templates are kept, and compiled again when anything changed of which they were made."""

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from server.web import compiled_templates
from server.web.compiled_templates import CompiledTemplates


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "one.html").write_text("{{ 1 + 1 }} of {{ many }}")
    return tmp_path


def shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bool]:
    """What a new process shows of the template, and whether it compiled it."""
    compiled = []
    env = Environment(loader=FileSystemLoader(folder), autoescape=True, bytecode_cache=CompiledTemplates(folder))
    with monkeypatch.context() as patched:
        real = Environment.compile
        patched.setattr(Environment, "compile", lambda *values: compiled.append(1) or real(*values))  # type: ignore[func-returns-value]
        text = env.get_template("one.html").render(many=9)
    return text, bool(compiled)


def test_the_second_start_compiles_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(folder, monkeypatch) == ("2 of 9", True)
    assert shown(folder, monkeypatch) == ("2 of 9", False)


def test_changed_text_is_compiled_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(folder, monkeypatch)
    (folder / "one.html").write_text("{{ 1 + 2 }} of {{ many }}")
    assert shown(folder, monkeypatch) == ("3 of 9", True)


@pytest.mark.parametrize("changed", ["__version__", "__file__"])
def test_another_version_compiles_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    shown(folder, monkeypatch)
    other = folder / "other" / "module.py"
    other.parent.mkdir()
    other.write_text("")
    monkeypatch.setattr(compiled_templates, changed, str(other))
    assert shown(folder, monkeypatch) == ("2 of 9", True)
    assert shown(folder, monkeypatch) == ("2 of 9", False)
    CompiledTemplates(folder).drop_others()
    assert len(list((folder / "__pycache__").iterdir())) == 1
    assert shown(folder, monkeypatch) == ("2 of 9", False)


def test_a_damaged_file_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(folder, monkeypatch)
    (file,) = (folder / "__pycache__").iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    assert shown(folder, monkeypatch) == ("2 of 9", True)
    assert shown(folder, monkeypatch) == ("2 of 9", False)


def test_where_nothing_can_be_written_it_works_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "__pycache__").write_text("a file")
    assert shown(folder, monkeypatch) == ("2 of 9", True)
    assert shown(folder, monkeypatch) == ("2 of 9", True)


def test_python_may_be_told_to_write_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    shown(folder, monkeypatch)
    assert not (folder / "__pycache__").exists()
