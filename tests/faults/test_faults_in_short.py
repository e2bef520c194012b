"""Each fault once or twice, to be run with the other tests. ``make faults`` does them by the hundred."""

from collections.abc import Callable

import pytest

from faults import clocks, kills, migrations, outages, stops
from faults.bench import Figures

SHORT: dict[str, Callable[[], Figures]] = {
    "kills": kills.once_in_each_way,
    "checkpoint": lambda: kills.during_a_checkpoint(1, must_hit=False),
    "migration": lambda: migrations.kills_in_the_middle(2),
    "terminated": lambda: stops.terminated(1),
    "terminated beside one that hangs": lambda: stops.beside_one_that_hangs(1),
    "kills on PostgreSQL": lambda: kills.at_random_moments(1, on_postgres=True),
    "held": lambda: outages.held(1),
    "full": lambda: outages.no_space_left(2),
    "I/O errors": lambda: outages.io_errors(2),
    "clock": lambda: clocks.jumps((3600, -3600)),
}


@pytest.mark.parametrize("fault", SHORT.values(), ids=SHORT.keys())
def test_nothing_is_lost_and_nothing_comes_twice_without_need(fault: Callable[[], Figures]) -> None:
    figures = fault()
    assert not figures.wrong, figures
