"""The addresses of static files. Each contains a sum of all of them, so browsers keep them without asking again.

The sum is a folder of the address, ``/static/v-<sum>/js/main.js``: what a script or a style names relative to itself is
found by the same sum.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from server.assets import static_dir

LOOK_AGAIN_SECONDS = 1.0
"""How long a changed file can go unnoticed. Nobody changes one but who works on Hookbench."""
BUILD, COMPRESSED = "build", ".br"
"""What does not count: how the vendored files are built, and what has the content of the file beside it."""
_VERSIONED = re.compile(r"v-([0-9a-f]{16})/")


class StaticAddresses:
    """The addresses of the files in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, tuple[int, int]] = {}
        """The time and size of each file when the sum was taken."""
        self._sum = ""
        self._look_at = 0.0

    def base(self) -> str:
        """The address of the folder: ``/static/v-0123456789abcdef``."""
        return f"/static/v-{self.sum()}"

    def sum(self) -> str:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_AGAIN_SECONDS
            if (seen := self._stamps()) != self._seen:
                self._seen, self._sum = seen, self._sum_of(sorted(seen))
        return self._sum

    def split(self, path: str) -> tuple[bool, str]:
        """Whether this path below ``/static/`` has the sum that its file was part of, and the path of the file.

        A file that changed after the sum was taken is not part of it: nobody may keep it by that address.
        """
        found = _VERSIONED.match(path)
        if not found:
            return False, path
        file = path[found.end() :]
        return found[1] == self.sum() and file in self._seen and self._seen[file] == _stamp(self.folder / file), file

    def _stamps(self) -> dict[str, tuple[int, int]]:
        found = {}
        for folder, folders, files in os.walk(self.folder):
            folders[:] = [each for each in folders if each != BUILD]
            for file in (Path(folder, name) for name in files if not name.endswith(COMPRESSED)):
                found[file.relative_to(self.folder).as_posix()] = _stamp(file)
        return found

    def _sum_of(self, names: Iterable[str]) -> str:
        whole = hashlib.blake2b(digest_size=8)
        for name in names:
            content = hashlib.blake2b((self.folder / name).read_bytes()).digest()
            whole.update(name.encode() + b"\0" + content)
        return whole.hexdigest()


def _stamp(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError:
        return 0, -1  # it was removed meanwhile
    return stat.st_mtime_ns, stat.st_size


@cache
def addresses() -> StaticAddresses:
    """Those of our own files."""
    return StaticAddresses(static_dir())
