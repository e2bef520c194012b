"""Backtests: one row each, with progress and report. A process owns a running one; see ``claim`` and ``interrupt``."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, Select, and_, delete, select, update

from server.domain.backtests import Backtest, BacktestState, EventSelection
from server.domain.comparison_reports import Report
from server.domain.ids import BacktestId, CodeDraftId, EndpointId, Millis, ProcessId, VersionId
from server.domain.reasons import Cause, dump_cause, load_cause
from server.store import owners
from server.store.columns import dump
from server.store.schema import backtests

KEPT = 20
"""Backtests that are kept of an endpoint."""

log = structlog.get_logger()

_RUNNING = backtests.c.state == BacktestState.RUNNING.value


def insert(tx: Connection, backtest: Backtest) -> None:
    """Store a new backtest, and delete the endpoint's oldest ones beyond ``KEPT``."""
    selection = backtest.selection
    tx.execute(
        backtests.insert().values(
            id=backtest.id,
            endpoint_id=backtest.endpoint_id,
            draft_id=backtest.draft_id,
            version_id=backtest.version_id,
            former_version_id=backtest.former_version_id,
            selection=dump({"most": selection.most, "since": selection.since, "until": selection.until}),
            state=backtest.state.value,
            stopping=backtest.stopping,
            total=backtest.total,
            done=backtest.done,
            report=_dump_report(backtest.report, backtest.reason),
            author=backtest.author,
            owner=None,
            created_at=backtest.created_at,
            updated_at=backtest.created_at,
            ended_at=backtest.ended_at,
        )
    )
    of_endpoint = select(backtests.c.id).where(backtests.c.endpoint_id == backtest.endpoint_id, ~_RUNNING)
    old = list(tx.execute(of_endpoint.order_by(backtests.c.id.desc()).offset(KEPT)).scalars())
    if old:
        tx.execute(delete(backtests).where(backtests.c.id.in_(old)))


def get(tx: Connection, backtest_id: BacktestId) -> Backtest | None:
    return _first(tx, select(backtests).where(backtests.c.id == backtest_id))


def running(tx: Connection, endpoint_id: EndpointId) -> Backtest | None:
    """The endpoint's backtest that waits or is under way."""
    return _first(tx, select(backtests).where(backtests.c.endpoint_id == endpoint_id, _RUNNING))


def any_running(tx: Connection) -> bool:
    """Whether any endpoint has a backtest that waits or is under way."""
    return tx.execute(select(backtests.c.id).where(_RUNNING).limit(1)).scalar() is not None


def of_draft(tx: Connection, draft_id: CodeDraftId) -> Backtest | None:
    """The newest backtest of a draft."""
    return _first(tx, select(backtests).where(backtests.c.draft_id == draft_id).order_by(backtests.c.id.desc()))


def history(tx: Connection, endpoint_id: EndpointId) -> list[Backtest]:
    """The endpoint's backtests, newest first."""
    query = select(backtests).where(backtests.c.endpoint_id == endpoint_id).order_by(backtests.c.id.desc())
    return [_backtest(row) for row in tx.execute(query).mappings()]


def claim(tx: Connection, owner: ProcessId, now: Millis) -> Backtest | None:
    """Make this process the owner of the backtest that has waited longest; ``None`` if none waits."""
    waiting = select(backtests.c.id).where(_RUNNING, backtests.c.owner.is_(None)).order_by(backtests.c.id).limit(1)
    backtest_id = tx.execute(waiting).scalar()
    if backtest_id is None:
        return None
    mine = update(backtests).where(backtests.c.id == backtest_id, _RUNNING, backtests.c.owner.is_(None))
    if not tx.execute(mine.values(owner=owner, updated_at=now)).rowcount:
        return None
    return get(tx, BacktestId(backtest_id))


def keep_progress(
    tx: Connection, backtest_id: BacktestId, owner: ProcessId, total: int, done: int, report: Report, now: Millis
) -> bool:
    """Store how far it came. Returns False if it must stop: a person wants it, or it is not this process's any more."""
    mine = update(backtests).where(backtests.c.id == backtest_id, backtests.c.owner == owner, _RUNNING)
    values = {"total": total, "done": done, "report": _dump_report(report, None), "updated_at": now}
    if not tx.execute(mine.values(**values)).rowcount:
        return False
    return not tx.execute(select(backtests.c.stopping).where(backtests.c.id == backtest_id)).scalar_one()


def end(
    tx: Connection,
    backtest_id: BacktestId,
    owner: ProcessId,
    state: BacktestState,
    done: int,
    report: Report,
    now: Millis,
    reason: Cause | None = None,
) -> bool:
    """End a backtest of this process. Returns False if it is not this process's any more."""
    values: dict[str, Any] = {"state": state.value, "done": done, "report": _dump_report(report, reason)}
    if state is BacktestState.DONE:
        values["total"] = done
    mine = update(backtests).where(backtests.c.id == backtest_id, backtests.c.owner == owner, _RUNNING)
    return bool(tx.execute(mine.values(**values, updated_at=now, ended_at=now)).rowcount)


def ask_to_stop(tx: Connection, backtest_id: BacktestId, now: Millis) -> bool:
    """Stop a backtest: at once if no process has it, else its process does soon. Returns False if it has ended."""
    asked = tx.execute(update(backtests).where(backtests.c.id == backtest_id, _RUNNING).values(stopping=True))
    waiting = and_(backtests.c.id == backtest_id, _RUNNING, backtests.c.owner.is_(None))
    tx.execute(update(backtests).where(waiting).values(state=BacktestState.STOPPED.value, updated_at=now, ended_at=now))
    return asked.rowcount > 0


def interrupt(tx: Connection, owner: ProcessId, now: Millis, *, alone: bool) -> int:
    """End the backtests of dead processes, and those of ``owner``, which calls this while it runs none.

    ``alone``: no other process uses the database. On the writer's connection, because it announces ``owner``. Returns
    how many it ended.
    """
    owned = select(backtests.c.owner).where(_RUNNING, backtests.c.owner.is_not(None)).distinct()
    found: Collection[str] = [each for each in tx.execute(owned).scalars() if each]
    if found and not alone:
        living = owners.living(tx, owner)
        found = [each for each in found if each == owner or owners.number_of(ProcessId(each)) not in living]
    if not found:
        return 0
    dead = update(backtests).where(_RUNNING, backtests.c.owner.in_(found))
    values = {"state": BacktestState.INTERRUPTED.value, "updated_at": now, "ended_at": now}
    return tx.execute(dead.values(**values)).rowcount


def erase(tx: Connection, endpoint_id: EndpointId) -> None:
    """Delete the backtests of an endpoint that was removed."""
    tx.execute(delete(backtests).where(backtests.c.endpoint_id == endpoint_id))


def _first(tx: Connection, query: Select[Any]) -> Backtest | None:
    row = tx.execute(query.limit(1)).mappings().first()
    return _backtest(row) if row else None


def _dump_report(report: Report, reason: Cause | None) -> str:
    """The text of the column ``report``: JSON in ASCII."""
    return f'{{"reason":{json.dumps(dump_cause(reason) if reason else None)},"report":{report.dump()}}}'


def _load_report(text: str, backtest_id: str) -> tuple[Report, Cause | None]:
    try:
        data: Mapping[str, Any] = json.loads(text)
        return Report.of(data["report"]), load_cause(data["reason"]) if data["reason"] else None
    except Exception:  # the page shows the rest
        log.exception("backtest.report_unreadable", backtest_id=backtest_id)
        return Report(), None


def _backtest(row: RowMapping) -> Backtest:
    report, reason = _load_report(row["report"], row["id"])
    selection = json.loads(row["selection"])
    return Backtest(
        id=BacktestId(row["id"]),
        endpoint_id=EndpointId(row["endpoint_id"]),
        draft_id=CodeDraftId(row["draft_id"]) if row["draft_id"] else None,
        version_id=VersionId(row["version_id"]) if row["version_id"] else None,
        former_version_id=VersionId(row["former_version_id"]) if row["former_version_id"] else None,
        selection=EventSelection(selection["most"], selection["since"], selection["until"]),
        author=row["author"],
        created_at=row["created_at"],
        state=BacktestState(row["state"]),
        stopping=row["stopping"],
        total=row["total"],
        done=row["done"],
        report=report,
        reason=reason,
        updated_at=row["updated_at"],
        ended_at=row["ended_at"],
    )
