"""``GET /endpoints/{id}``: an endpoint's Overview: what happened over time, what waits, and the newest attempts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from server.actions import trials
from server.actions.check_results import KEPT_MS
from server.actions.credential_checks import CheckedCredentials
from server.domain.activity import Counts, total
from server.domain.endpoints import URL_NOT_SET, Endpoint
from server.domain.ids import Millis, VersionId
from server.domain.messages import ACCEPTED, Attempt, AttemptError, AttemptOutcome, Delivery
from server.domain.recognition import Hint, hints_of
from server.domain.replays import Progress, Replay
from server.domain.sentences import Sentence
from server.domain.verdicts import Grade
from server.domain.versions import VersionName
from server.sandbox import SlowCode
from server.store import (
    Transaction,
    activity,
    attempts,
    operational_events,
    queues,
    replay_matches,
    replays,
    versions,
)
from server.web.activity import RANGES, axis_of, log_address, periods_of
from server.web.catch_up import CatchUp, catch_up
from server.web.charts import BarChart, LineChart, latency_lines, stacked_bars
from server.web.endpoint_frame import TheEndpoint, tab_page
from server.web.messages import fault_of
from server.web.operational_events import Shown, shown
from server.web.page_routes import source_pages
from server.web.visit import Here, Visit

router = source_pages()

FILTERS: Mapping[str, tuple[AttemptOutcome, ...]] = {
    "": (),
    "succeeded": tuple(ACCEPTED),
    "failed": (
        AttemptOutcome.REJECTED,
        AttemptOutcome.UNREACHABLE,
        AttemptOutcome.BLOCKED,
    ),
    "transform_failed": (AttemptOutcome.TRANSFORM_FAILED, AttemptOutcome.FAULT),
    "contract": (),
}
"""The outcomes that each filter of the Overview shows, grouped as activity counts them; empty for all."""
GRADES: Mapping[str, tuple[Grade, ...]] = {"contract": (Grade.ERRORS, Grade.WARNINGS)}
"""The verdicts that a filter shows."""


@dataclass(frozen=True, slots=True)
class OverviewTab:
    """What an endpoint's Overview shows."""

    attempts: Sequence[Attempt]
    versions: Mapping[VersionId, VersionName]
    """The versions of the code that the attempts ran."""
    older: str
    """The id to continue from; empty on the last page."""
    before: str
    show: str
    """A name of ``FILTERS``."""
    range: str
    """A name of ``RANGES``."""
    ranges: Sequence[tuple[str, Sentence, str]]
    """(key, text, address) of each range."""
    sum: Counts
    """All attempts of the range."""
    bars: BarChart
    latency: LineChart
    log: Callable[..., str]
    """The address of the log of the range; ``status`` narrows it."""
    logged: str
    """The address of the log of the endpoint's attempts, which has more filters: it finds few among many within a
    bounded time, which this page does not."""
    link: Callable[..., str]
    """The address of the page with some of ``range``, ``show`` and ``before`` changed."""
    turn: Delivery | None
    """An ordered endpoint's current delivery."""
    fault_of: Callable[[Delivery], AttemptError | None]
    shown: Sequence[Shown]
    parked: int
    """How many deliveries are parked."""
    latest: Sequence[tuple[Replay, Progress]]
    """The newest replay, if any."""
    catch_up: CatchUp
    """What waits for a retry."""
    slow: SlowCode | None
    """Why the endpoint's code runs in the slow slot; ``None`` when it does not."""
    checking: bool
    """Whether the credentials are being checked."""
    checked: CheckedCredentials | None
    """The result of the check that began when the endpoint was saved."""
    hints: Mapping[str, Hint]
    """What its values were recognised as, for an hour after it was saved."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the store has for the page."""

    made: Sequence[Attempt]
    versions: Mapping[VersionId, VersionName]
    series: Mapping[Millis, Counts]
    turn: Delivery | None
    shown: Sequence[Shown]
    parked: int
    latest: Sequence[tuple[Replay, Progress]]
    catch_up: CatchUp


@router.get("/endpoints/{endpoint_id}")
async def overview(
    request: Request, here: Here, endpoint: TheEndpoint, show: str = "", before: str = "", range: str = ""
) -> Response:
    chosen, show = range if range in RANGES else "24h", show if show in FILTERS else ""
    period, at = RANGES[chosen], here.to(f"/endpoints/{endpoint.id}")
    until = period.size.start_of(here.services.now()) + period.size.ms
    since = until - period.length
    search = attempts.Search(
        endpoint_id=endpoint.id, outcomes=FILTERS[show], grades=GRADES.get(show, ()), before=before[:40]
    )
    found = await here.services.store.read(
        lambda tx: _look(
            tx,
            here,
            endpoint,
            search,
            activity.series(tx, here.source.id, period.size, since, until, endpoint_id=endpoint.id),
        )
    )

    def log_of(start: Millis, end: Millis, status: str = "") -> str:
        return log_address(here.to("/logs"), start, end, endpoint=endpoint.id, status=status)

    def log(status: str = "") -> str:
        return log_of(since, until, status)

    def link(**changes: str) -> str:
        asked = {"range": chosen if chosen != "24h" else "", "show": show, "before": before[:40]} | changes
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{at}?{query}" if query else at

    periods, axis = periods_of(found.series, period.size, since, until, log_of), axis_of(period.size, since, until)
    checking, checked = here.services.checks.of(endpoint.id, here.services.now())
    return await tab_page(
        request,
        here,
        endpoint,
        "overview",
        OverviewTab(
            attempts=found.made,
            versions=found.versions,
            older=found.made[-1].id if len(found.made) == attempts.PAGE else "",
            before=before[:40],
            show=show,
            range=chosen,
            ranges=[(key, each.text, link(range="" if key == "24h" else key)) for key, each in RANGES.items()],
            sum=total(found.series.values()),
            bars=stacked_bars(periods, axis),
            latency=latency_lines(periods, axis),
            log=log,
            logged=_logged(here, endpoint, show),
            link=link,
            turn=found.turn,
            fault_of=fault_of,
            shown=found.shown,
            parked=found.parked,
            latest=found.latest,
            catch_up=found.catch_up,
            slow=trials.slow(here.services, endpoint),
            checking=checking,
            checked=checked,
            hints=_recent_hints(here, endpoint),
        ),
        block="attempts",
    )


def _logged(here: Visit, endpoint: Endpoint, show: str) -> str:
    status = {"transform_failed": "parked", "contract": ""}.get(show, show)
    asked = {"view": "attempts", "endpoint": endpoint.id, "status": status}
    return here.to("/logs?" + urlencode({name: value for name, value in asked.items() if value}))


def _look(
    tx: Transaction, here: Visit, endpoint: Endpoint, search: attempts.Search, series: Mapping[Millis, Counts]
) -> _Found:
    made, latest = attempts.page(tx, search, bodies=False), replays.history(tx, endpoint.id, limit=1)
    return _Found(
        made=made,
        versions=versions.names(tx, [each.version_id for each in made]),
        series=series,
        turn=queues.head(tx, endpoint.id) if endpoint.controls.ordered else None,
        shown=shown(tx, here, operational_events.of_endpoint(tx, endpoint.id)),
        parked=replay_matches.parked(tx, endpoint.id),
        latest=latest,
        catch_up=catch_up(tx, endpoint, here.services.now(), latest),
    )


def _recent_hints(here: Visit, endpoint: Endpoint) -> Mapping[str, Hint]:
    """What the values of an endpoint that was just saved were recognised as. Nobody needs to be told for ever."""
    card = here.services.cards.get(endpoint.card)
    if card is None or endpoint.updated_at < here.services.now() - KEPT_MS:
        return {}
    url = "" if endpoint.url == URL_NOT_SET else endpoint.url
    return hints_of(here.services.cards.values(), card, url, endpoint.credentials)
