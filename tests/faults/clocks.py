"""The wall clock jumps while events arrive, wait and are being sent. The sender's clock jumps too, as in reality."""

import sys
import time

from faults.bench import TESTS, Bench, Figures, a_folder
from faults.runner import CLOCK

HOUR, DAY = 3600, 86_400
JUMPS = (HOUR, -HOUR, DAY, -2 * DAY, 30 * DAY, 0)


def jumps(to: tuple[int, ...] = JUMPS) -> Figures:
    """Set the clock to each of these offsets (seconds) from the true time, while deliveries wait."""
    figures = Figures("the clock jumps", times=len(to))
    with a_folder() as data:
        clock = data.parent / "clock"
        clock.write_text("0")
        settings = {"FAULTS_CLOCK": str(clock), "PYTHONPATH": str(TESTS)}
        bench = Bench(data, figures, settings=settings)
        bench.hookbench.command = (sys.executable, "-m", "faults.runner", CLOCK, "0")
        with bench:
            for seconds in to:
                bench.sink.answer_seconds = 1.0  # slow responses, so that deliveries pile up
                time.sleep(1.5)
                clock.write_text(str(seconds))
                bench.sender.clock_offset = seconds
                bench.sink.answer_seconds = 0.01
                sent, begun = set(bench.sender.acknowledged), time.monotonic()
                bench.sink.expect()
                bench.until_first_delivery()
                assert bench.sink.first
                figures.recovered_after(bench.sink.first - begun)
                try:
                    bench.until_delivered(sent, seconds=10)
                except AssertionError:
                    figures.check(
                        False, f"{len(sent - set(bench.sink.seen))} events wait for the clock at {seconds:+} s"
                    )
            bench.settle()
    return figures
