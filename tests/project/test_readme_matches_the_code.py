"""What the README says of settings, commands and headers is what the code does."""

import re
from pathlib import Path

from click.testing import CliRunner

from server.cli import main
from server.domain.requests import RESERVED
from server.settings import Settings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text()


def rows() -> dict[str, tuple[str, str]]:
    """The table of settings: name → (default, help)."""
    return {m[1]: (m[2], m[3]) for m in re.finditer(r"^\| `HOOKBENCH_(\w+)` \| (.*?) \| (.*?) \|$", README, re.M)}


def table() -> str:
    """The table as it should stand in the README."""
    lines = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple) and default:
            shown = f"`{','.join(default)}`"
        elif default in ("", (), None):
            shown = "empty"
        elif isinstance(default, int) and default % 1024 == 0:
            shown = (
                f"`{default}` ({default // 1024**2} MiB)"
                if default >= 1024**2
                else f"`{default}` ({default // 1024} KiB)"
            )
        else:
            shown = f"`{default}`"
        lines.append(f"| `HOOKBENCH_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines)


def test_every_setting_stands_in_the_readme_as_it_is() -> None:
    assert table() in README
    assert len(rows()) == len(Settings.model_fields)


def test_every_reserved_header_is_named() -> None:
    for name in RESERVED:
        assert f"`{name}`" in README, name


def test_the_commands_in_the_readme_exist() -> None:
    used = set(re.findall(r"hookbench (\w+)", README)) - {"is"}
    for command in used:
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0, command


def test_the_two_commands_are_in_the_first_screen() -> None:
    first_screen = README.splitlines()[:30]
    assert any(line.startswith("make run") for line in first_screen)
    assert any(line.startswith("make test") for line in first_screen)
