"""An error of the database names the statement and none of the values: tracebacks go into the log."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server.store import Store


async def test_the_error_of_a_statement_has_no_parameters(each_store: Store) -> None:
    statement = text("INSERT INTO messages (id, webhook_id) VALUES (:id, :webhook_id)")
    with pytest.raises(SQLAlchemyError) as caught:
        await each_store.write(lambda tx: tx.execute(statement, {"id": "msg_1", "webhook_id": "sk_live_secret"}))
    assert "parameters hidden" in str(caught.value)
    assert "sk_live_secret" not in str(caught.value).partition("DETAIL")[0]
