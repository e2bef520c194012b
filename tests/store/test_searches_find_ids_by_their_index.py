"""A search by term looks up a few messages by id, and PostgreSQL does it by their index, however many there are."""

from collections.abc import Iterator
from typing import Any

import pytest
from builders import a_source
from sqlalchemy import Connection, create_engine, event, text

from server.store import Store, search
from server.store.vault import VAULT


@pytest.fixture
def seen(postgres_url: str) -> Iterator[tuple[Connection, list[tuple[str, Any]]]]:
    """A connection, and every statement that goes over it."""
    Store.open(postgres_url).close()
    engine = create_engine(postgres_url, execution_options={VAULT: None})
    statements: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        statements.append((statement, parameters))

    with engine.connect() as connection:
        yield connection, statements
    engine.dispose()


def test_the_ids_of_a_segment_are_looked_up_in_messages(seen: tuple[Connection, list[tuple[str, Any]]]) -> None:
    tx, statements = seen
    tx.execute(text("SET enable_seqscan = off"))  # the tables are empty
    search.find(tx, a_source().id, "ada@example.com")
    plans = [
        "\n".join(step for (step,) in tx.exec_driver_sql(f"EXPLAIN {statement}", parameters))
        for statement, parameters in list(statements)
        if "search_segments" in statement
    ]
    assert len(plans) == 2  # the whole term, and terms that begin so
    for plan in plans:
        assert "Index Cond: ((id)::text = rtrim(" in plan, plan
