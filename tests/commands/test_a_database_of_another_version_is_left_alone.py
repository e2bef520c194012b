"""Commands beside a server of another version neither migrate its database nor work on it."""

import sqlite3

from builders import an_endpoint
from running import Running
from stored import endpoint_in

CODE = "function handler(webhook) { return webhook }"


async def test_it_is_not_migrated(stopped: Running) -> None:
    endpoint = await endpoint_in(stopped, CODE)
    file = stopped.data / "hookbench.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '0007'")
    refused = stopped.run("rollback", endpoint.id)
    assert refused.returncode == 2 and "its next start brings them up to date" in refused.stderr
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchall() == [("0007",)]


def test_without_a_database_none_is_made(stopped: Running) -> None:
    refused = stopped.run("history", an_endpoint("src_1").id)
    assert refused.returncode == 2 and "There is no Hookbench in the folder" in refused.stderr
    assert not stopped.data.exists()
