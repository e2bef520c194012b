"""Keeps compiled templates beside their sources, as Python does with modules: to compile them takes two seconds."""

import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import jinja2
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from server import __version__


class CompiledTemplates(FileSystemBytecodeCache):
    """The compiled templates of ``folder``, in its ``__pycache__``. If that cannot be written, all are compiled again.

    Jinja computes constant expressions while it compiles, filters and globals included. So what was compiled is for
    one version of Jinja and of the modules here, beside the template's own text and the version of Python.
    """

    def __init__(self, folder: Path) -> None:
        modules = [file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))]
        versions = f"{__version__} {jinja2.__version__}".encode()
        self._suffix = f"-{sha256(b''.join([versions, *modules])).hexdigest()[:16]}.jinja"
        super().__init__(str(folder / "__pycache__"), f"%s{self._suffix}")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(exist_ok=True)
                super().dump_bytecode(bucket)

    def drop_others(self) -> None:
        """Remove what other versions compiled."""
        for file in Path(self.directory).glob("*.jinja"):
            if not file.name.endswith(self._suffix):
                with suppress(OSError):
                    file.unlink()
