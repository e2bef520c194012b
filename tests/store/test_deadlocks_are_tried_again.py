"""Two processes that lock the same rows in opposite order both write, and nobody is told that the database is busy."""

import asyncio
import time

from builders import a_source
from sqlalchemy import update

from server.domain.ids import SourceId
from server.store import Store, Transaction, sources
from server.store.schema import sources as table


async def test_both_are_written(postgres_migrated: str) -> None:
    first, second = Store.open(postgres_migrated), Store.open(postgres_migrated)
    a, b = a_source(), a_source(name="Live")
    tries = 0
    try:
        await first.write(lambda tx: (sources.insert(tx, a), sources.insert(tx, b)))

        def both(tx: Transaction, one: SourceId, other: SourceId, name: str) -> None:
            nonlocal tries
            tries += 1
            tx.execute(update(table).where(table.c.id == one).values(name=f"{name} 1"))
            if tries <= 2:
                time.sleep(0.2)  # until the other process has its first row
            tx.execute(update(table).where(table.c.id == other).values(name=f"{name} 2"))

        await asyncio.gather(
            first.write(lambda tx: both(tx, a.id, b.id, "first")),
            first.write(lambda tx: sources.hide_steps(tx, a.id)),
            second.write(lambda tx: both(tx, b.id, a.id, "second")),
        )
        kept = await first.read(sources.every)
    finally:
        first.close()
        second.close()
    assert tries >= 3
    assert {each.name for each in kept} in ({"first 1", "first 2"}, {"second 1", "second 2"})
    assert any(each.steps_hidden for each in kept)
