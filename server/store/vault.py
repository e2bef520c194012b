"""Encryption of secrets at rest: which columns hold secrets, and how each value is encrypted.

AES-256-GCM with a fresh nonce each time. A value is bound to its table, column and row: copied elsewhere in the
database, it cannot be decrypted. Every value carries the id of its key, so that keys can be rotated while servers run.

``SEALED`` names every column that holds a secret; ``tests/store/test_secrets_at_rest.py`` fails for a column that looks
like a secret and is not named. Not encrypted are: the code of transformations, which pages show (keys belong in
variables); the last part of a source's ingest address, which grants nothing, because events need a signature; bodies,
which are the merchant's data; hashes of passwords and of session tokens.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from os import urandom

from cryptography.exceptions import InvalidTag
from sqlalchemy import Column, Connection, Table, text

from server.store.keys import Key, KeyRing
from server.store.schema import drafts, endpoints, options, sources

SEALED: Mapping[Table, tuple[str, ...]] = {
    sources: ("secret", "former_secret"),
    # The URL too: a URL of Slack, Discord, Zapier, Make or Teams is enough to post there, and any other may have a key
    # in its query. All header values and variables, because nobody can tell which of them are keys.
    endpoints: ("url", "credentials", "headers", "variables", "secret", "former_secret"),
    drafts: ("variables",),
    options: ("value",),
}

VAULT = "hookbench_vault"
"""The execution option of an engine that holds the vault for its connections."""

PREFIX = "enc:1:"
NONCE_BYTES = 12
KNOWN_VALUES = 8192
"""Decrypted values kept in memory, so that values used for every delivery are decrypted once."""

_SEALING = 0x486F6F6B_6B657973
"""The PostgreSQL advisory lock that encrypting transactions share, so that a key rotation can wait for earlier ones."""
_SHARE = text("SELECT pg_advisory_xact_lock_shared(:lock)")
_ALONE = text("SELECT pg_advisory_xact_lock(:lock)")


class Unreadable(Exception):
    """A value cannot be decrypted: it was changed, or copied from another row. The text names its place, never its
    content."""


class Vault:
    """Encrypts and decrypts single values. Safe to share between threads."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self._known = lru_cache(KNOWN_VALUES)(self._open)

    def seal(self, place: str, value: str, key: Key | None = None) -> str:
        """The encrypted value, bound to ``place``: ``enc:1:<key id>:<base64 of nonce, ciphertext and tag>``."""
        key = key or self.keys.current()
        nonce = urandom(NONCE_BYTES)
        sealed = nonce + key.cipher.encrypt(nonce, value.encode("utf-8", "surrogatepass"), place.encode())
        return f"{PREFIX}{key.id}:{b64encode(sealed).decode()}"

    def open(self, place: str, sealed: str) -> str:
        """The decrypted value. Raises ``Unreadable`` or ``keys.UnknownKey``."""
        return self._known(place, sealed)

    def _open(self, place: str, sealed: str) -> str:
        key_id = key_id_of(sealed)
        if key_id is None:
            raise Unreadable(f"The value of {place} is not encrypted, and so is not ours.")
        try:
            raw = b64decode(sealed[len(PREFIX) + len(key_id) + 1 :], validate=True)
            opened = self.keys.get(key_id).cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
        except (ValueError, InvalidTag) as error:
            raise Unreadable(
                f"The value of {place} does not open: it was changed, or belongs to another row."
            ) from error
        return opened.decode("utf-8", "surrogatepass")


def place_of(column: Column[str], row_id: str) -> str:
    """The place that a value is bound to: ``table.column:row id``. Raises ``KeyError`` for an undeclared table."""
    assert column.name in SEALED[column.table], f"{column} is not declared in SEALED"
    return f"{column.table.name}.{column.name}:{row_id}"


def vault_of(tx: Connection) -> Vault:
    found: Vault = tx.get_execution_options()[VAULT]
    return found


def seal(tx: Connection, column: Column[str], row_id: str, value: str) -> str:
    """The encrypted value, for storing it in this transaction. An empty text stays empty."""
    if not value:
        return value
    if tx.dialect.name == "postgresql":
        tx.execute(_SHARE, {"lock": _SEALING})  # before the key is chosen; see ``wait_for_sealing``
    return vault_of(tx).seal(place_of(column, row_id), value)


def seal_optional(tx: Connection, column: Column[str], row_id: str, value: str | None) -> str | None:
    return None if value is None else seal(tx, column, row_id, value)


def unseal(tx: Connection, column: Column[str], row_id: str, kept: str) -> str:
    """The decrypted value. Raises ``Unreadable`` or ``keys.UnknownKey``."""
    return vault_of(tx).open(place_of(column, row_id), kept) if kept else kept


def wait_for_sealing(tx: Connection) -> None:
    """Wait until every transaction that chose its key before now has ended.

    SQLite need not wait: it has one writing transaction at a time, and this is it.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(_ALONE, {"lock": _SEALING})


def key_id_of(sealed: str) -> str | None:
    """The id of the key of a stored value; ``None`` for one that is not encrypted."""
    if not sealed.startswith(PREFIX):
        return None
    return sealed[len(PREFIX) :].partition(":")[0]
