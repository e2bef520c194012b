"""The keys that encrypt secrets in the database, and where they come from.

A key is 32 random bytes, written in base64. Its id is derived from it, so that a value can say which key decrypts it
without anyone having to name keys. There may be several keys: the last one encrypts, all of them decrypt.

The database alone reveals no secret. Losing the keys means losing the secrets: so a missing key is never replaced by a
new one once values are encrypted.
"""

import binascii
import fcntl
import hashlib
import os
import re
import secrets
import stat
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.store.database_check import Unusable, file_of

KEY_BYTES = 32
NAME = "hookbench.key"
"""The name of the key file in the data folder."""
FROM_ENVIRONMENT = "HOOKBENCH_KEY"
HOW_TO_MAKE = "openssl rand -base64 32"
HEAD = (
    "# Hookbench's keys. With this file and the database every secret can be read: keep a copy of it, apart from the\n"
    "# backups of the database. The last key encrypts, all of them decrypt. See: hookbench keys --help\n"
)


class UnknownKey(Exception):
    """A value is encrypted with an unknown key. The text names the key and where keys were looked for."""


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    """Twelve hexadecimal digits, derived from the key."""
    material: bytes = field(repr=False)
    cipher: AESGCM = field(repr=False, compare=False)

    @classmethod
    def of(cls, material: bytes) -> "Key":
        return cls(hashlib.sha256(b"hookbench key id" + material).hexdigest()[:12], material, AESGCM(material))

    @classmethod
    def new(cls) -> "Key":
        return cls.of(secrets.token_bytes(KEY_BYTES))

    @property
    def text(self) -> str:
        return b64encode(self.material).decode()


class KeyRing:
    """All known keys. Safe to share between threads.

    The key file is read again when it has changed and when a value names an unknown key, so that a running server
    follows ``hookbench keys rotate``.
    """

    def __init__(self, where: str, file: Path | None, text: str = "", *, ours: bool = False) -> None:
        self.where = where
        """For people: where the keys come from."""
        self.file = file
        self.ours = ours
        """``file`` is the one in the data folder, which Hookbench creates, changes and keeps private."""
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._keys: dict[str, Key] = {key.id: key for key in _parsed(text, where)} if file is None else {}

    @classmethod
    def find(cls, *, key: str, key_file: Path | None, folder: Path) -> "KeyRing":
        """The keys in ``key`` if set, else in ``key_file``, else in the file of the data folder. Raises ``Unusable``.

        The file in the data folder may be missing: see ``make``.
        """
        if key:
            return cls(FROM_ENVIRONMENT, None, key)
        return cls._of_file(key_file.absolute(), ours=False) if key_file else cls._of_file(folder.absolute() / NAME)

    @classmethod
    def beside(cls, url: str) -> "KeyRing":
        """For tests and tools: the key file beside a SQLite database, otherwise a key that only this process has."""
        file = file_of(url)
        return cls._of_file(file.with_name(NAME)) if file else cls("this process", None, _OF_THIS_PROCESS.text)

    @classmethod
    def _of_file(cls, file: Path, ours: bool = True) -> "KeyRing":
        ring = cls(f"the file {file}", file, ours=ours)
        if file.exists():
            ring.reload()
        elif not ours:
            raise Unusable(
                f"HOOKBENCH_KEY_FILE names {file}, which does not exist. It holds the key that secrets are encrypted "
                f"with. To make a first one: umask 077; {HOW_TO_MAKE} > {file}"
            )
        return ring

    @property
    def missing(self) -> bool:
        """Whether there is no key at all."""
        return not self._keys

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, oldest first; the last one encrypts."""
        return tuple(self._keys)

    def current(self) -> Key:
        """The key that encrypts. Reads a changed file again first, which costs one ``stat`` to notice."""
        if self.file is not None and self._stamp() not in (self._seen, None):
            self.reload()
        *_, last = self._keys.values()
        return last

    def get(self, key_id: str) -> Key:
        """The key with this id. Raises ``UnknownKey``."""
        found = self._keys.get(key_id)
        if found is None and self.file is not None and self._stamp() is not None:
            self.reload()
            found = self._keys.get(key_id)
        if found is None:
            raise UnknownKey(f"The key {key_id} is not in {self.where}.")
        return found

    def make(self) -> None:
        """Create the key file in the data folder with a first key. Two processes that race for it get the same key."""
        assert self.file is not None and self.ours
        made = self._written([Key.new()])
        try:
            os.link(made, self.file)  # fails if another process was faster; never replaces a key
        except FileExistsError:
            pass
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            made.unlink()
        self.reload()

    def add(self) -> Key:
        """Append a new key, which encrypts from now on. Raises ``Unusable``."""
        key = Key.new()
        self._replace([*self._keys.values(), key])
        return key

    def forget(self, key_id: str) -> None:
        """Remove a key from the file; values that it encrypted become unreadable. Raises ``Unusable``."""
        self._replace([key for key in self._keys.values() if key.id != key_id])

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Lock the keys for one change. Raises ``Unusable`` while another process changes them."""
        if self.file is None:
            yield
            return
        try:
            lock = self.file.with_name(f"{self.file.name}-lock").open("w")
        except OSError as error:
            raise self._unwritable(error) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unusable("Another command is changing the keys just now.") from None
            self._remove_unfinished()
            yield

    def reload(self) -> None:
        """Read the key file. Raises ``Unusable``, and then keeps the keys it had."""
        assert self.file is not None
        with self._lock:
            stamp = self._stamp()
            try:
                text = self.file.read_text(encoding="utf-8")
                if self.ours and stat.S_IMODE(self.file.stat().st_mode) & 0o077:
                    self.file.chmod(0o600)
            except (OSError, UnicodeDecodeError) as error:
                words = error.strerror if isinstance(error, OSError) else "it is not text"
                raise Unusable(f"The key file {self.file} cannot be read: {words}.") from error
            self._keys = {key.id: key for key in _parsed(text, self.where)}
            self._seen = stamp

    def _stamp(self) -> tuple[int, int, int] | None:
        assert self.file is not None
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _replace(self, keys: list[Key]) -> None:
        """Replace the key file atomically: after a crash it is either the old one or the new one."""
        assert self.file is not None
        written = self._written(keys)
        try:
            written.replace(self.file)
            sync_folder(self.file.parent)
        except OSError as error:
            with suppress(OSError):
                written.unlink()
            raise self._unwritable(error) from error
        self.reload()

    def _written(self, keys: list[Key]) -> Path:
        """A private file with these keys beside the key file, flushed to disk."""
        assert self.file is not None
        beside = self.file.with_name(f"{self.file.name}.{os.getpid()}.new")
        try:
            with suppress(FileNotFoundError):
                beside.unlink()
            with open_privately(beside) as out:
                out.write((HEAD + "".join(f"{key.text}\n" for key in keys)).encode())
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise self._unwritable(error) from error
        return beside

    def _remove_unfinished(self) -> None:
        """Delete the files of interrupted changes: they hold copies of the keys, and maybe one that was never used."""
        if self.file is None or not self.ours:
            return
        for left in self.file.parent.glob(f"{self.file.name}.*.new"):
            with suppress(OSError):
                left.unlink()

    def _unwritable(self, error: OSError) -> Unusable:
        return Unusable(f"The key file {self.file} cannot be written: {error.strerror}.")


def open_privately(file: Path):  # type: ignore[no-untyped-def]  # a BufferedWriter, which typing cannot name here
    """A new file for writing that only its owner can read. Raises ``FileExistsError``."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def sync_folder(folder: Path) -> None:
    """Flush a folder, so that a new file name in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(text: str, where: str) -> list[Key]:
    """The keys in a text: one a line or separated by commas, in base64 or hexadecimal. Raises ``Unusable``."""
    bare = "\n".join(line.partition("#")[0] for line in text.splitlines())
    keys = [Key.of(_material(word, where)) for word in re.split(r"[\s,]+", bare) if word]
    if not keys:
        raise Unusable(f"There is no key in {where}. Put the key back that was there, or a backup of it.")
    return keys


def _material(word: str, where: str) -> bytes:
    """The bytes of a key. Raises ``Unusable`` without quoting the word, which may be most of a key."""
    with suppress(ValueError, binascii.Error):
        found = bytes.fromhex(word) if len(word) == 2 * KEY_BYTES else _from_base64(word)
        if len(found) == KEY_BYTES:
            return found
    raise Unusable(f"A key in {where} cannot be used: it must be {KEY_BYTES} bytes in base64, as from: {HOW_TO_MAKE}")


def _from_base64(word: str) -> bytes:
    standard = word.replace("-", "+").replace("_", "/").rstrip("=")
    return b64decode(standard + "=" * (-len(standard) % 4), validate=True)


_OF_THIS_PROCESS = Key.new()
