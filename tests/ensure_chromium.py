"""Ensures a Chromium for the browser tests: an installed one, Debian's package, or Playwright's own.

Debian's headless shell is preferred: the same engine without the browser around it takes half the processor time.
Prints nothing if one is installed. Tests call ``find()``.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("chromium-headless-shell", "chromium")
"""Debian's, the preferred one first. Old releases have only the second."""
NAMES = (*PACKAGES, "chromium-browser", "google-chrome-stable", "google-chrome")


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
        for package in PACKAGES:
            install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
            if subprocess.run(install, stdout=unseen, env=env).returncode == 0:
                break
    else:
        print("No Chromium found: fetching Playwright's own …", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    if not find():
        sys.exit("There is still no Chromium. Install one and name it: CHROMIUM=/path/to/chromium make test")


if __name__ == "__main__":
    main()
