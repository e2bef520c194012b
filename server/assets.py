"""Finds templates, static files and cards: a wheel contains them in ``_bundled``, a checkout at its top level."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "_bundled"


def templates_dir() -> Path:
    return _folder("templates")


def static_dir() -> Path:
    return _folder("static")


def transforms_dir() -> Path:
    return _folder("transforms")


def _folder(name: str) -> Path:
    return (_BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent) / name
