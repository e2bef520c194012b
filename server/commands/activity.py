"""``hookbench rebuild-activity``: counts the stored attempts anew."""

from pathlib import Path

import click

from server.commands.shared import DATA, Stop, at, keys_of, now


@click.command("rebuild-activity")
@DATA
def rebuild_activity(data: Path | None) -> None:
    """Count the attempts on the page Activity anew, from those that are stored. Stop Hookbench before.

    Days from which events were deleted keep their counts.
    """
    from server.store import Unusable, activity, owners
    from server.store.database import NOT_CURRENT
    from server.store.migrate import is_current

    with keys_of(data) as (settings, _, engine), owners.only_here(settings.database_url):
        with engine.begin() as tx:
            if not is_current(tx):
                raise Unusable(NOT_CURRENT)
            if tx.dialect.name != "sqlite" and owners.any_living(tx):
                raise Stop("Hookbench is running on this database. Stop it first.")
        count, since = activity.rebuild_alone(engine, now()) or (0, 0)
    click.echo(f"{count} attempts are counted" + (f", since {at(since)} UTC." if since else "."))
