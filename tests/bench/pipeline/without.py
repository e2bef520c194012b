"""``hookbench`` without one of its parts, to measure what that part costs: ``python without.py PART serve``."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent.parent))

from server.cli import main
from server.delivery import intake
from server.delivery.activity_counter import ActivityCounter
from server.delivery.search_index import SearchIndex
from server.store import activity


def nothing(*_: object) -> None:
    pass


def no_terms(*_: object, **__: object) -> tuple[str, ...]:
    return ()


def without_activity() -> None:
    activity.count_attempts = nothing
    ActivityCounter.start = nothing


def without_search() -> None:
    """Events are stored without search terms, and nothing is moved or looked for in the background."""
    intake.terms_in = no_terms
    SearchIndex.start = nothing


PARTS: Mapping[str, Callable[[], None]] = {"activity": without_activity, "search": without_search}

if __name__ == "__main__":
    PARTS[sys.argv.pop(1)]()
    main()
