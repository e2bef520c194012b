"""Makes the deliveries of replays due, a few at a time, behind whatever is due already.

All state is in the database, so a run goes on where it was after a restart. A run has only a small window of untried
deliveries: a new event waits behind no more than those, and stopping the run gives back only those.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from server.delivery.feed import Changed, Feed, Noticed
from server.delivery.supervised_loop import AtRest, OneLoop, SupervisedLoop
from server.delivery.worker import Worker
from server.domain.endpoints import Endpoint
from server.domain.faults import MAX_TRIES, replay_failed
from server.domain.ids import Millis, ReplayId
from server.domain.operational_events import replay_ended
from server.domain.replays import Replay, ReplayState, Window, following, pace
from server.store import Busy, Store, Transaction, endpoints, operational_events, replay_matches, replays
from server.store.replay_matches import Match

STEP_SECONDS = 0.1
"""Seconds between steps while a run is active."""

PAUSED_SECONDS = 1.0
"""Seconds between steps while all runs wait for paused endpoints."""

IDLE_SECONDS = 5.0
"""Seconds between checks while there is no run: another process may have started one in the same database."""

STOP_SECONDS = 1.0
"""How long ``stop`` waits for the step under way."""

MAX_EMPTY_STEPS = 10
"""Pages of events that one step reads at most before it stores how far it came."""

log = structlog.get_logger()


class Replayer(OneLoop):
    """Runs replays. Start with ``start``, report a new run with ``wake``, end with ``stop``."""

    def __init__(self, store: Store, worker: Worker, feed: Feed) -> None:
        self._store = store
        self._worker = worker
        self._feed = feed
        self._throttles: dict[ReplayId, _Throttle] = {}
        self._loop = SupervisedLoop("replays", self._advance_all, store=store)

    def wake(self) -> None:
        """Check for new runs at once."""
        self._loop.wake()

    async def stop(self) -> None:
        """Stop after the step under way; runs go on at the next start."""
        await self._loop.stop(STOP_SECONDS)

    async def _advance_all(self) -> float | AtRest:
        """Take each run one step further. Returns when to check again."""
        running, ended = await self._store.read(lambda tx: (replays.running(tx), replays.finished(tx)))
        self._throttles = {replay.id: self._throttles.get(replay.id, _Throttle()) for replay in running}
        active = [replay for replay in running if await self._try_step(replay, self._throttles[replay.id])]
        if not running:
            await self._freeze_counts(ended)
            return AtRest(IDLE_SECONDS)
        return STEP_SECONDS if active else PAUSED_SECONDS

    async def _try_step(self, replay: Replay, throttle: "_Throttle") -> bool:
        """Take a step. After ``MAX_TRIES`` faults in a row the run is stopped and people are notified; others go on."""
        try:
            active = await self._step(replay, throttle)
        except Busy:
            raise
        except Exception as error:
            throttle.failures += 1
            log.exception("replay.failed", replay_id=replay.id, failures=throttle.failures)
            if throttle.failures >= MAX_TRIES:
                await self._give_up(replay, error)
            return True
        throttle.failures = 0
        return active

    async def _give_up(self, replay: Replay, error: Exception) -> None:
        now, fault = _now(), replay_failed(error)

        def end(tx: Transaction) -> bool:
            if stopped := replays.stop(tx, replay.id, ReplayState.STOPPED, now):
                operational_events.add(tx, replay_ended(replay.source_id, replay.endpoint_id, fault, now))
            return stopped

        if await self._store.write(end):
            self._feed.publish(Noticed(replay.source_id))
            self._feed.publish(Changed(replay.source_id, None, replay.endpoint_id))

    async def _step(self, replay: Replay, throttle: "_Throttle") -> bool:
        """Take a step. Returns ``False`` while the run waits for a person, since its endpoint is paused."""
        endpoint = await self._store.read(lambda tx: endpoints.get_whole(tx, replay.endpoint_id))
        if endpoint is not None and endpoint.paused:
            return False
        if await self._change(replay, endpoint, throttle):
            self._feed.publish(Changed(replay.source_id, None, replay.endpoint_id))
        return True

    async def _change(self, replay: Replay, endpoint: Endpoint | None, throttle: "_Throttle") -> bool:
        now = _now()
        if endpoint is None or endpoint.disabled:
            return await self._store.write(lambda tx: replays.stop(tx, replay.id, ReplayState.DISABLED, now))

        found = await self._store.read(lambda tx: _find(tx, replay, endpoint, throttle, now))
        throttle.window = found.window
        if found.matches or found.cursor != replay.cursor:
            if not await self._store.write(
                lambda tx: replays.advance(tx, replay, found.matches, found.due, found.cursor, now)
            ):
                return False
            throttle.at = following(replay.rate, throttle.at, now, len(found.matches))
            self._worker.wake()
            return True
        if found.last and not found.waiting:
            log.info("replay.done", replay_id=replay.id, endpoint_id=replay.endpoint_id, deliveries=replay.begun)
            return await self._store.write(lambda tx: replays.finish(tx, replay, now))
        return False

    async def _freeze_counts(self, ended: Sequence[ReplayId]) -> None:
        for replay_id in ended:
            await self._store.write(lambda tx, one=replay_id: replays.freeze_counts(tx, one))  # type: ignore[misc]


@dataclass(slots=True)
class _Throttle:
    """The pace of a run. It is lost with the process; the run then starts again with the smallest window."""

    window: Window = Window()  # noqa: RUF009  frozen
    at: Millis = 0
    """The earliest time of its next delivery, for a run with a rate."""
    failures: int = 0
    """Steps in a row that failed by a fault of Hookbench."""


@dataclass(frozen=True, slots=True)
class _Available:
    """What a run can do now."""

    matches: list[Match]
    due: list[Millis]
    cursor: str
    last: bool
    waiting: int
    window: Window


def _find(tx: Transaction, replay: Replay, endpoint: Endpoint, throttle: _Throttle, now: Millis) -> _Available:
    waiting, overdue = replays.untried(tx, replay.id, now)
    window = throttle.window if replay.rate else throttle.window.after(overdue)
    room = Window.MAX - waiting if replay.rate else window.size - overdue
    moments = pace(replay.rate, throttle.at, now, max(0, room))
    if not moments:
        return _Available([], [], replay.cursor, False, waiting, window)
    matched, cursor, last = _gather(tx, endpoint, replay, len(moments))
    return _Available(matched, moments[: len(matched)], cursor, last, waiting, window)


def _gather(tx: Transaction, endpoint: Endpoint, replay: Replay, most: int) -> tuple[list[Match], str, bool]:
    matched: list[Match] = []
    cursor, last = replay.cursor, False
    for _ in range(MAX_EMPTY_STEPS):
        stretch = replay_matches.walk(tx, endpoint, replay.selection, cursor, most - len(matched))
        matched += stretch.matches
        cursor, last = stretch.cursor, stretch.last
        if last or len(matched) >= most:
            break
    return matched, cursor, last


def _now() -> Millis:
    return time.time_ns() // 1_000_000
