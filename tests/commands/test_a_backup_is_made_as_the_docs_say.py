"""The commands under "Backup and restore" in the docs, beside a running server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from running import Running

from server.assets import templates_dir


def documented_command(source: Path, target: Path) -> str:
    text = (templates_dir() / "docs/en/backup.md").read_text()
    [code] = re.findall(r'bin/python -c "(.*)"\n', text)
    return (
        str(code)
        .replace("\\", "")
        .replace("data/hookbench.db", str(source))
        .replace("hookbench-backup.db", str(target))
    )


def test_what_was_received_before_the_backup_is_there_after_a_restore(tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup.db", Running(tmp_path / "restored")
    with Running(tmp_path / "data") as hookbench:
        command = documented_command(hookbench.data / "hookbench.db", backup)
        subprocess.run([sys.executable, "-c", command], check=True, timeout=30)
        restored.data.mkdir(mode=0o700)
        shutil.copy(hookbench.data / "hookbench.key", restored.data)
    shutil.copy(backup, restored.data / "hookbench.db")

    looked = restored.run("doctor")
    assert looked.returncode == 0, looked.stdout
    assert "every one in the database can be read" in looked.stdout
    with restored:
        assert restored.setup_url, "the tables are there, and nobody was set up"
