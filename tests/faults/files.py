"""Foreign or damaged database files: the server refuses to start and leaves the files unchanged."""

import asyncio
import re

from running import Running
from spoiled import REFUSED, a_hookbench, sums

from faults.bench import Figures, a_folder


def refused() -> Figures:
    figures = Figures("a foreign, newer or damaged file", times=len(REFUSED))
    for spoil, sentence in REFUSED.items():
        with a_folder() as data:
            data.mkdir(mode=0o700)
            file = data / "hookbench.db"
            asyncio.run(a_hookbench(file))
            spoil(file)
            before = sums(data)
            done = Running(data).run("serve")
            after = {name: found for name, found in sums(data).items() if name != "hookbench.db-lock"}
            figures.check(after == before, f"{spoil.__name__}: a file was changed")
            figures.check(done.returncode == 2, f"{spoil.__name__}: ended with {done.returncode}")
            clear = re.search(sentence, done.stderr) and str(file) in done.stderr and "Traceback" not in done.stderr
            figures.check(bool(clear), f"{spoil.__name__}: {done.stderr}")
    figures.notes.append("each refused with a sentence and exit code 2, no byte changed")
    return figures
