"""How an endpoint's deliveries are paced: its schedule of retries, its limits, pause and resume, skipping one."""

from dataclasses import dataclass, replace

from server.actions.endpoints import amend
from server.actions.workbench import Workbench
from server.delivery.feed import Changed
from server.domain import schedules
from server.domain.endpoints import Controls, Endpoint
from server.domain.messages import Delivery
from server.domain.schedules import DODO_SCHEDULE
from server.domain.sentences import Problem, Refused, Sentence, say
from server.store import Transaction, endpoints, queues

MOST_PER_SECOND = 1000
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Pacing:
    """The limits as typed. Empty: none."""

    rate_limit: str = ""
    concurrency: str = ""
    ordered: bool = False

    @classmethod
    def of(cls, controls: Controls) -> "Pacing":
        return cls(_typed(controls.rate_limit), _typed(controls.concurrency), controls.ordered)


async def set_schedule(bench: Workbench, endpoint: Endpoint, text: str) -> Endpoint:
    """What waits already keeps its time; the waits after it are by the new schedule. Raises ``Refused``."""
    schedule = schedules.read(text)
    if isinstance(schedule, Sentence):
        raise Refused(Problem("schedule", schedule))
    return await amend(bench, endpoint.id, lambda now: replace(now, controls=replace(now.controls, schedule=schedule)))


async def reset_schedule(bench: Workbench, endpoint: Endpoint) -> Endpoint:
    return await set_schedule(bench, endpoint, schedules.written(DODO_SCHEDULE))


async def set_pacing(bench: Workbench, endpoint: Endpoint, typed: Pacing) -> Endpoint:
    """Raises ``Refused`` with a problem in the field ``rate_limit`` or ``concurrency``."""
    rate_limit = _limit(typed.rate_limit, MOST_PER_SECOND)
    concurrency = _limit(typed.concurrency, MOST_AT_ONCE)
    problems = [
        Problem(field, found)
        for field, found in (("rate_limit", rate_limit), ("concurrency", concurrency))
        if isinstance(found, Sentence)
    ]
    if isinstance(rate_limit, Sentence) or isinstance(concurrency, Sentence):
        raise Refused(*problems)

    def paced(now: Endpoint) -> Endpoint:
        controls = replace(now.controls, rate_limit=rate_limit, concurrency=concurrency, ordered=typed.ordered)
        return replace(now, controls=controls)

    changed = await amend(bench, endpoint.id, paced)
    bench.worker.wake()
    return changed


async def pause(bench: Workbench, endpoint: Endpoint) -> Endpoint:
    """Begin nothing more for it. What arrives and what waits is kept."""
    return await amend(bench, endpoint.id, lambda now: replace(now, paused=True))


async def resume(bench: Workbench, endpoint: Endpoint) -> Endpoint:
    """What is due goes out now, the oldest first."""
    resumed = await amend(bench, endpoint.id, lambda now: replace(now, paused=False))
    bench.worker.wake()
    return resumed


async def skip(bench: Workbench, delivery: Delivery) -> None:
    """End a delivery that waits, so that the ones behind it go on. It can be sent again later. Raises ``Refused``."""

    def keep(tx: Transaction) -> Changed:
        endpoint = endpoints.get(tx, delivery.endpoint_id)
        if endpoint is None:
            raise Refused(Problem("", say("The endpoint of this delivery was deleted.")))
        if not queues.skip(tx, delivery.id, bench.now()):
            raise Refused(Problem("", say("It does not wait any more, or an attempt is under way just now.")))
        return Changed(endpoint.source_id, delivery.message_id, delivery.endpoint_id)

    changed = await bench.store.write(keep)
    bench.worker.wake()
    bench.feed.publish(changed)


def _typed(limit: int | None) -> str:
    return "" if limit is None else str(limit)


def _limit(typed: str, most: int) -> int | Sentence | None:
    if not typed:
        return None
    if typed.isascii() and typed.isdecimal() and len(typed) < 10 and 1 <= int(typed) <= most:
        return int(typed)
    return say("Enter a whole number from 1 to {most}, or nothing for no limit.", most=most)
