"""Runs a Hookbench that kills itself at a named step: ``python -m faults.runner STEP COUNT serve``.

The program itself has no code for this: the runner wraps a function before the program starts. ``COUNT`` says at which
call to kill. With ``clock`` as the step, the clock is ahead by the seconds in the file that FAULTS_CLOCK names.
"""

import inspect
import os
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

STEPS: dict[str, tuple[str, str, bool]] = {
    "insert-before-commit": ("server.store.messages", "receive", True),
    "commit-before-acknowledge": ("server.delivery.intake", "Intake.accept", True),
    "claim-before-send": ("server.delivery.courier", "Courier.send", False),
    "send-before-record": ("server.delivery.courier", "Courier.send", True),
    "record-before-commit": ("server.store.deliveries", "record", True),
}
"""Step → module, function, and whether the kill comes after the function's work (otherwise before it)."""

MIGRATION = "migration"
CLOCK = "clock"


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wrap(module: str, name: str, after: bool, count: int) -> None:
    """Replace a function or method with one that kills the process at its ``count``-th call."""
    holder: Any = import_module(module)
    *path, name = name.split(".")
    for part in path:
        holder = getattr(holder, part)
    original: Callable[..., Any] = getattr(holder, name)
    calls = 0

    def counted() -> bool:
        nonlocal calls
        calls += 1
        return calls >= count

    def plain(*args: Any, **kwargs: Any) -> Any:
        last = counted()
        if last and not after:
            kill_myself()
        result = original(*args, **kwargs)
        if last:
            kill_myself()
        return result

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        last = counted()
        if last and not after:
            kill_myself()
        result = await original(*args, **kwargs)
        if last:
            kill_myself()
        return result

    setattr(holder, name, awaited if inspect.iscoroutinefunction(original) else plain)


def kill_in_migration(count: int) -> None:
    """Kill the process after the ``count``-th statement of a migration that writes."""
    from sqlalchemy import Engine, event

    module: Any = import_module("server.store.database")
    original: Callable[[Engine], None] = module.migrate

    def migrate(engine: Engine) -> None:
        statements = 0

        def executed(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
            nonlocal statements
            statements += statement.lstrip().split(None, 1)[0].upper() in (
                "CREATE",
                "ALTER",
                "DROP",
                "UPDATE",
                "INSERT",
            )
            if statements == count:
                kill_myself()

        event.listen(engine, "after_cursor_execute", executed)
        original(engine)
        event.remove(engine, "after_cursor_execute", executed)

    module.migrate = migrate


def move_the_clock(file: Path) -> None:
    """Put ``time.time`` and ``time.time_ns`` ahead by the seconds in the file; the monotonic clock stays as it is."""
    real, real_ns = time.time, time.time_ns
    looked_at, seconds = 0.0, 0.0

    def ahead() -> float:
        nonlocal looked_at, seconds
        if time.monotonic() - looked_at > 0.05:
            looked_at, seconds = time.monotonic(), float(file.read_text() or 0)
        return seconds

    time.time = lambda: real() + ahead()
    time.time_ns = lambda: real_ns() + int(ahead() * 1e9)


def main() -> None:
    step, count = sys.argv[1], int(sys.argv[2])
    if step == CLOCK:
        move_the_clock(Path(os.environ["FAULTS_CLOCK"]))
    elif step == MIGRATION:
        kill_in_migration(count)
    else:
        wrap(*STEPS[step], count)
    from server.cli import main as hookbench

    sys.argv = ["hookbench", *sys.argv[3:]]
    hookbench()


if __name__ == "__main__":
    main()
