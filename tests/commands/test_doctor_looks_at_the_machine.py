"""``hookbench doctor``: findings of this machine, each looked at."""

from running import Running


def test_the_fences_the_database_and_the_folder_are_named(stopped: Running) -> None:
    done = stopped.run("doctor")
    assert done.returncode == 0, done.stdout
    for what in ("machine", "sandbox", "sandbox fence seccomp", "sandbox fence landlock", "data folder", "database"):
        assert f" {what}: " in done.stdout, what


def test_a_database_that_cannot_be_used_fails_the_examination(stopped: Running) -> None:
    stopped.data.mkdir(mode=0o700)
    (stopped.data / "hookbench.db").write_bytes(b"my holiday pictures" * 100)
    done = stopped.run("doctor")
    assert done.returncode == 1
    assert "hookbench.db is not a SQLite database" in done.stdout
