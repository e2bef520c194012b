"""Ensures a Chromium for the browser tests: an installed one, Debian's package, or Playwright's own.

Prints nothing if one is installed. Tests call ``find()``.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """The path of a browser: ``CHROMIUM`` in the environment, else a known name on ``PATH``, else Playwright's own.

    None if there is none.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None) or _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def main() -> None:
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium found: installing Debian's package …", flush=True)
        env, unseen = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, subprocess.DEVNULL
        subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=unseen, env=env)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(install, check=True, stdout=unseen, env=env)
    else:
        print("No Chromium found: fetching Playwright's own …", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    if not find():
        sys.exit("There is still no Chromium. Install one and name it: CHROMIUM=/path/to/chromium make test")


if __name__ == "__main__":
    main()
