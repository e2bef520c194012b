"""``hookbench doctor``: findings of this machine, each looked at."""

from pathlib import Path

from destination import Destination
from running import Running


def test_the_fences_the_database_and_the_folder_are_named(stopped: Running) -> None:
    done = stopped.run("doctor")
    assert done.returncode == 0, done.stdout
    for what in (
        "machine",
        "sandbox",
        "sandbox fence seccomp",
        "sandbox fence landlock",
        "data folder",
        "database",
        "server",
    ):
        assert f" {what}: " in done.stdout, what


def test_a_database_that_cannot_be_used_fails_the_examination(stopped: Running) -> None:
    stopped.data.mkdir(mode=0o700)
    (stopped.data / "hookbench.db").write_bytes(b"my holiday pictures" * 100)
    done = stopped.run("doctor")
    assert done.returncode == 1
    assert "hookbench.db is not a SQLite database" in done.stdout


def test_it_says_how_the_running_server_fares_and_that_none_runs(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as hookbench:
        assert f"ok   server: at {hookbench.url}: ok\n" in hookbench.run("doctor").stdout
    assert f"server: none runs at {hookbench.url}" in hookbench.run("doctor").stdout


def test_it_says_that_something_else_answers(stopped: Running) -> None:
    with Destination() as other:
        stopped.port = other.port
        assert "is no Hookbench of this version" in stopped.run("doctor").stdout
