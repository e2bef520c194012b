"""A start that cannot be is one sentence on standard error, never a traceback, and nothing is overwritten."""

import os
import shutil
import signal
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from running import HOOKBENCH, Running


def refused(running: Running) -> str:
    done = running.run("serve")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "many", "HOOKBENCH_PORT: Input should be a valid integer"),
        ("ALLOW_NETWORKS", "10.0.0.0/99", "does not appear to be an IPv4 or IPv6 network"),
        ("RESOLVE", "example.com", "'example.com' is not host:port:address or host:port:address:port"),
        ("CA_FILE", "/nowhere.pem", "HOOKBENCH_CA_FILE cannot be used: /nowhere.pem is not a readable PEM file."),
        ("DATABASE", "postgresql+psycopg://127.0.0.1:1/x", "cannot be used: connection failed"),
    ],
)
def test_a_setting_that_cannot_be_used(stopped: Running, name: str, value: str, sentence: str) -> None:
    stopped.settings[f"HOOKBENCH_{name}"] = value
    assert sentence in refused(stopped)


def test_a_port_that_is_taken(stopped: Running) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stopped.port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1 port {stopped.port}: Address already in use" in refused(stopped)


def test_a_data_folder_that_is_in_use(tmp_path: Path) -> None:
    with Running(tmp_path / "data"):
        assert f"Another Hookbench is running on the database file {tmp_path}/data/hookbench.db" in refused(
            Running(tmp_path / "data")
        )


def test_a_file_that_is_no_database(stopped: Running) -> None:
    stopped.data.mkdir()
    file = stopped.data / "hookbench.db"
    file.write_bytes(b"my holiday pictures" * 100)
    assert "hookbench.db is not a SQLite database" in refused(stopped)
    assert file.read_bytes() == b"my holiday pictures" * 100


def test_a_database_that_another_program_holds(stopped: Running) -> None:
    with Running(stopped.data):
        pass
    with closing(sqlite3.connect(stopped.data / "hookbench.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sentence = f"Another program holds the database file {stopped.data / 'hookbench.db'}. End it"
        assert sentence in refused(stopped)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv takes away what lets root write to everything")
@pytest.mark.parametrize("what", ["hookbench.db", "."], ids=["file", "folder"])
def test_a_database_that_may_not_be_written(stopped: Running, what: str) -> None:
    with Running(stopped.data):
        pass
    before = (stopped.data / "hookbench.db").read_bytes()
    (stopped.data / what).chmod(0o500)
    stopped.command = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", HOOKBENCH)
    assert "hookbench.db cannot be written. It and its folder must be writable" in refused(stopped)
    assert (stopped.data / "hookbench.db").read_bytes() == before
    (stopped.data / what).chmod(0o700)


def test_a_data_folder_that_cannot_be_made(stopped: Running) -> None:
    stopped.data.write_text("a file, not a folder")
    assert f"The data folder {stopped.data} cannot be used" in refused(stopped)


def test_the_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as hookbench:
        for file in hookbench.data.iterdir():
            assert file.stat().st_mode & 0o077 == 0, file
        assert os.stat(hookbench.data).st_mode & 0o077 == 0


def test_it_stops_within_seconds_and_without_complaint(tmp_path: Path) -> None:
    hookbench = Running(tmp_path / "data", cold=True)
    hookbench.start()
    assert hookbench.stop() in (
        0,
        -signal.SIGTERM,
    )  # the server ends itself by the signal once all is brought to an end
    assert "Traceback" not in hookbench.log
