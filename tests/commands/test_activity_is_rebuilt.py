"""``hookbench rebuild-activity`` counts anew what is stored, and refuses while a server runs."""

import subprocess

from builders import NOW, a_message, a_source, an_attempt, an_endpoint
from running import Running
from sqlalchemy import delete
from stored import written

from server.domain.activity import Size
from server.domain.ids import SourceId
from server.domain.messages import DeliveryState
from server.store import Transaction, activity, deliveries, endpoints, messages, sources
from server.store.deliveries import AttemptRecord
from server.store.schema import activity_batches


def run(hookbench: Running) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*hookbench.command, "rebuild-activity"],
        env=hookbench.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_it_counts_what_was_lost(stopped_on_each: Running) -> None:
    source = a_source()
    endpoint = an_endpoint(source)

    def lose_counts(tx: Transaction) -> None:
        sources.insert(tx, source)
        endpoints.insert(tx, endpoint)
        messages.receive(tx, [a_message(source)])
        [one] = deliveries.claim(tx, owner="me", now=NOW, lease_until=NOW + 1, room={endpoint.id: 1})
        attempt = an_attempt(one.message, one.delivery.id, endpoint)
        deliveries.record(tx, [AttemptRecord("me", attempt, DeliveryState.SUCCEEDED, 1, None)])
        tx.execute(delete(activity_batches))

    await written(stopped_on_each, lose_counts)
    ended = run(stopped_on_each)
    assert (ended.returncode, ended.stdout) == (0, "1 attempts are counted.\n"), ended.stderr
    counted = await written(stopped_on_each, lambda tx: days(tx, source.id))
    assert [(each.succeeded, each.received) for each in counted] == [(1, 1)]


def test_it_refuses_while_a_server_runs(stopped_on_each: Running) -> None:
    with stopped_on_each as hookbench:
        ended = run(hookbench)
    assert ended.returncode == 2
    assert "is running on" in ended.stderr


def days(tx: Transaction, source_id: SourceId) -> list:
    return list(activity.series(tx, source_id, Size.DAY, 0, 2 * NOW).values())
