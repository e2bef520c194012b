"""Runs pytest; a few tests that fail beside others are run once more, alone: ``python tests/once_more.py <options>``.

Some nine thousand tests of real servers, databases and browsers share the machine's cores. One that was only short of
processor time passes alone; one that found a fault fails again, and the run with it. Nothing is hidden: both runs are
printed, and what passed only alone is named at the end, for it may have met a race of the product. Where more than
``MOST`` fail, the reason is no shortage, and nothing is run again.
"""

import json
import subprocess
import sys
from pathlib import Path

PYTEST = [sys.executable, "-m", "pytest"]
TESTS_FAILED = 1
"""Pytest's exit code; others mean that it could not run as it should."""
MOST = 5
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main(options: list[str]) -> int:
    code = subprocess.run([*PYTEST, "--cache-clear", *options], check=False).returncode
    if code != TESTS_FAILED:
        return code
    failed = list(json.loads(FAILED.read_text()))
    if len(failed) > MOST:
        return code
    print(f"\n{len(failed)} failed beside others. Once more, alone:", flush=True)
    code = subprocess.run([*PYTEST, "-v", *failed], check=False).returncode
    if code == 0:
        print("Failed beside others, passed alone. Look for the race:", *failed, sep="\n  ", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
