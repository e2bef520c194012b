"""A card's folder as a zip file: what people export, and what they import from somebody they need not trust.

Nothing of a zip is written to the disk. Whatever is wrong is told with the file's name, before anything is kept.
"""

import re
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from server.domain.sentences import Sentence, say

MAX_ZIP_BYTES = 512 * 1024
MAX_FILES = 80
MAX_FILE_BYTES = 256 * 1024
MAX_ALL_BYTES = 1024 * 1024

CARD_FILE = "card.toml"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""The name of a card's folder."""

_KNOWN = re.compile(
    r"card\.toml|zh_Hans\.json|icon\.svg|default\.js|contract\.json|wrong\.json|responses\.json|snippet\.txt"
    r"|samples/[a-z][a-z0-9_]{0,39}\.js|expected/[a-z][a-z0-9_]{0,39}\.json"
)
"""The files that a folder may have."""
_LITTER = re.compile(r"(.*/)?(__MACOSX/.*|\._[^/]*|\.DS_Store|Thumbs\.db)")
"""What operating systems add to zip files; ignored."""
UNREADABLE = say("The file is not a zip file that can be read.")
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BadArchive(ValueError):
    """The zip file is not a card's folder. ``sentence`` names the file that is wrong."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def pack(name: str, files: Mapping[str, str]) -> bytes:
    """The zip file of a folder. The same files give the same bytes."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = ZipInfo(f"{name}/{path}", _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def unpack(content: bytes) -> tuple[str, dict[str, str]]:
    """The folder's name and its files by path. Raises ``BadArchive``."""
    if len(content) > MAX_ZIP_BYTES:
        raise BadArchive(say("The file is larger than {limit} KiB.", limit=MAX_ZIP_BYTES // 1024))
    try:
        with ZipFile(BytesIO(content)) as archive:
            return _unpacked(archive)
    except BadArchive:
        raise
    except Exception as error:  # ``zipfile`` raises errors of many kinds for damaged files
        raise BadArchive(UNREADABLE) from error


def _unpacked(archive: ZipFile) -> tuple[str, dict[str, str]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _LITTER.fullmatch(entry.filename)]
    if len(entries) > MAX_FILES:
        raise BadArchive(say("The zip file has more than {limit} files.", limit=MAX_FILES))
    card = next((entry.filename for entry in entries if entry.filename.rpartition("/")[2] == CARD_FILE), None)
    if card is None:
        raise BadArchive(say("The zip file has no {file}.", file=CARD_FILE))
    folder = card.removesuffix(CARD_FILE)
    name = folder.rstrip("/").rpartition("/")[2]
    if name and not NAME.fullmatch(name):
        raise BadArchive(
            say("{file}: a card's folder is named in small letters, digits and underscores.", file=shown(name))
        )
    files: dict[str, str] = {}
    left = MAX_ALL_BYTES
    for entry in entries:
        path = entry.filename.removeprefix(folder) if entry.filename.startswith(folder) else ""
        if path == "README.md":
            continue
        if not _KNOWN.fullmatch(path):
            raise BadArchive(say("{file} is not a file of a card.", file=shown(entry.filename)))
        if path in files:
            raise BadArchive(say("{file} is in the zip file twice.", file=path))
        text = _text(archive, entry, path)
        left -= len(text)
        if left < 0:
            raise BadArchive(say("The files are larger than {limit} KiB together.", limit=MAX_ALL_BYTES // 1024))
        try:
            files[path] = text.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise BadArchive(say("{file} is not UTF-8 text.", file=path)) from None
        if "\0" in files[path]:
            raise BadArchive(say("{file} is not UTF-8 text.", file=path))
    return name, files


def _text(archive: ZipFile, entry: ZipInfo, path: str) -> bytes:
    """The bytes of an entry, reading no more than allowed whatever its header says."""
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # others take as much memory as the file says
        raise BadArchive(UNREADABLE)
    with archive.open(entry) as file:
        found = file.read(MAX_FILE_BYTES + 1)
    if len(found) > MAX_FILE_BYTES:
        raise BadArchive(say("{file} is larger than {limit} KiB.", file=path, limit=MAX_FILE_BYTES // 1024))
    return found


def shown(name: str) -> str:
    """A name from the zip file for a sentence: cut, and without what cannot be printed."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name[:80])
