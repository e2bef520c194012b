"""A SQLite file is for one server at a time, however it is named; a database server is for many."""

from pathlib import Path

import pytest

from server.store import Unusable, owners


def test_a_second_server_is_refused_for_as_long_as_the_first_has_the_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hooks.db"
    with owners.only_here(url):
        (tmp_path / "elsewhere").symlink_to(tmp_path)
        for name in (url, f"sqlite:///{tmp_path}/elsewhere/hooks.db"):
            with pytest.raises(
                Unusable, match=f"Another Hookbench is running on the database file {tmp_path}/hooks.db"
            ):
                owners.only_here(name).__enter__()
        with owners.only_here(f"sqlite:///{tmp_path}/others.db"):
            pass
    with owners.only_here(url):
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=rf"{tmp_path}/nowhere/hooks\.db-lock cannot be written: No such file"):
        owners.only_here(f"sqlite:///{tmp_path}/nowhere/hooks.db").__enter__()


def test_nothing_is_held_of_a_database_server_nor_of_what_is_no_address() -> None:
    for url in ("postgresql+psycopg://somebody@nowhere/hooks", "hooks"):
        with owners.only_here(url), owners.only_here(url):
            pass
