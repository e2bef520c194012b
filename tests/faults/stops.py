"""SIGTERM while deliveries are under way: it ends within 10 s, nothing is lost and nothing comes twice."""

import random
import time

from faults.bench import RECOVERY_SECONDS, Bench, Figures, a_folder, left_behind


def terminated(times: int) -> Figures:
    figures = Figures("SIGTERM while deliveries are under way", times=times)
    longest = 0.0
    with a_folder() as data, Bench(data, figures, answer_seconds=0.5) as bench:
        for _ in range(times):
            time.sleep(random.random() * 0.5)
            begun = time.monotonic()
            bench.hookbench.stop()
            longest = max(longest, time.monotonic() - begun)
            left = left_behind(data)
            figures.check(not left.under_way, f"{len(left.under_way)} deliveries were left under way")
            missing = set(bench.sender.acknowledged) - left.stored
            figures.check(not missing, f"{len(missing)} acknowledged events are not on disk")
            bench.start()
        bench.sink.answer_seconds = 0.0
        bench.settle()
    figures.check(longest <= RECOVERY_SECONDS, f"it took {longest:.1f} s to end")
    figures.notes.append(f"longest {longest:.1f} s to end")
    return figures
