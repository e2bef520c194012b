"""``hookbench pull``, and the files of an endpoint's folder on disk."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from server.actions import pushes
from server.commands.opened import Opened
from server.commands.shared import Refused, Stop, show
from server.commands.test_cases import read_folder
from server.domain.checked_values import MalformedFile
from server.domain.endpoint_files import ENDPOINT_FILE
from server.domain.pulled import LOCK_FILE, MAX_LOCK_BYTES, Pulled, digest
from server.store import Transaction

MAX_BYTES = 8 << 20
"""The largest file that is read."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a pull does with one file."""

    path: str
    word: str
    """``new``, ``updated``, ``deleted`` or ``unchanged``."""
    text: str | None
    """``None``: the file is deleted."""
    edited: bool = False
    """The file has changes since the last pull, which would be lost."""


async def pull(opened: Opened, wanted: str, folder: Path | None, *, draft: bool, force: bool) -> None:
    """Write an endpoint's folder, and say what was written."""
    endpoint = await opened.find(wanted)
    folder = folder or Path(_file_name(opened.name_of(endpoint)) or endpoint.id)
    lock = read_lock(folder)
    if lock and lock.endpoint_id != endpoint.id and not force:
        raise Refused(f"The folder {folder} is of the endpoint {lock.endpoint_id}. Name another folder.")

    def read(tx: Transaction) -> pushes.StoredFolder:
        return pushes.read(tx, endpoint.id)

    stored = await opened.store.read(read)
    pulled = pushes.folder_of(stored, opened.cards.get(endpoint.card), draft=draft, files=_case_files(folder))
    changes = list(_changes(folder, pulled.files, lock.files if lock else {}))
    if not force and (edited := [each.path for each in changes if each.edited]):
        files = "".join(f"\n  {folder / path}" for path in edited)
        raise Refused(f"These files have changes that a pull would overwrite. With --force it does:{files}")
    for each in changes:
        _write(folder, each)
    hashes = {path: digest(text) for path, text in pulled.files.items()}
    write_lock(folder, replace(stored.pulled(pulled, draft=draft), files=hashes))

    show(f"{opened.name_of(endpoint)} ({endpoint.id}), {_what(stored, draft)}, is in {folder}:")
    for each in changes:
        show(f"  {each.word:9}  {each.path}")
    if stored.draft and not draft:
        by = f" by {stored.draft.author}" if stored.draft.author else ""
        show(f"There is a draft, too (revision {stored.draft.revision}{by}). With --draft it is pulled instead.")
    for case in stored.cases:
        if case.case is None:
            show(f"The test case {case.name} cannot be read and was left out.")


def read_lock(folder: Path) -> Pulled | None:
    """What the folder was pulled from; ``None`` when nothing says so. Raises ``Stop``."""
    file = folder / LOCK_FILE
    text = _old(file)
    if text is None:
        return None
    if len(text) > MAX_LOCK_BYTES:
        raise Stop(f"{file} is too large.")
    try:
        return Pulled.load(text)
    except MalformedFile as error:
        raise Stop(f"{folder}/{error}") from error


def write_lock(folder: Path, lock: Pulled) -> None:
    _write(folder, FileChange(LOCK_FILE, "", lock.dump()))


def files_of(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """The hash of each of these files as it is on disk."""
    found = {path: _old(folder / path) for path in paths}
    return {path: digest(text) for path, text in found.items() if text is not None}


def _what(stored: pushes.StoredFolder, draft: bool) -> str:
    if draft and stored.draft:
        return f"draft {stored.draft.revision}"
    return f"version {stored.endpoint.version.number}" if stored.endpoint.version else "without code"


def _changes(folder: Path, files: Mapping[str, str], pulled: Mapping[str, str]) -> Iterator[FileChange]:
    """What becomes of each file. ``pulled``: hashes of the files as the last pull or push left them."""
    for path, text in files.items():
        old = _old(folder / path)
        if old is None:
            yield FileChange(path, "new", text)
        elif old == text:
            yield FileChange(path, "unchanged", text)
        else:
            yield FileChange(path, "updated", text, edited=pulled.get(path) != digest(old))
    for path in pulled:
        old = _old(folder / path) if path not in files and _is_inside(path) else None
        if old is not None:
            yield FileChange(path, "deleted", None, edited=pulled[path] != digest(old))


def _write(folder: Path, change: FileChange) -> None:
    if not _is_inside(change.path):
        raise Stop(f"{change.path} is no path for a file in a folder.")
    file = folder / change.path
    if not file.resolve().is_relative_to(folder.resolve()):
        raise Stop(f"{file} is a link that leads out of the folder. Nothing is written there.")
    try:
        if change.text is None:
            file.unlink()
        elif change.word != "unchanged":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(change.text.encode("utf-8", "replace"))
    except OSError as error:
        raise Stop(f"{file} cannot be written: {error.strerror}") from error


def _old(file: Path) -> str | None:
    """The text of a file; ``None`` when there is none."""
    try:
        if file.exists() and not file.is_file():
            raise Stop(f"{file} is no file.")
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise Stop(f"{file} is larger than {MAX_BYTES >> 20} MiB.")
        return content.decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Stop(f"{file} cannot be read: {error.strerror}") from error


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts


def _case_files(folder: Path) -> Mapping[str, str]:
    """The paths of the cases that the folder has, by name; none when its files cannot be read."""
    if not (folder / ENDPOINT_FILE).is_file():
        return {}
    try:
        return read_folder(folder).case_files or {}
    except Stop:
        return {}


def _file_name(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:60]
