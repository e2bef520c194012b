"""Secrets are encrypted in the database, each bound to its row; a database from before is encrypted at the start."""

import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from builders import NOW, a_source, an_endpoint
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy import update as sql_update

from server.domain.endpoints import FormerSecret, UnreadableEndpoint
from server.domain.notification_settings import NotificationSettings
from server.store import KeyRing, Store, Unusable, deleted_endpoints, endpoints, options, rekeying, schema, sources
from server.store.compression import unpack
from server.store.database import connected
from server.store.keys import Key
from server.store.migrate import config_for, migrate
from server.store.sealing import open_backup
from server.store.vault import PREFIX, SEALED, VAULT, Vault, key_id_of

CANARY = "canary7f3a9c"


def whsec(name: str) -> str:
    return "whsec_" + b64encode(f"{CANARY}-{name}".ljust(32, "_").encode()).decode()


SOURCE = a_source(slug="test", secret=whsec("source"), former_secret=FormerSecret(whsec("before"), NOW))
ENDPOINT = an_endpoint(
    SOURCE,
    code="x",
    name="https://hooks.slack.com",
    url=f"https://hooks.slack.com/services/{CANARY}",
    credentials={"api_key": f"{CANARY}-credential"},
    headers={"X-Key": f"{CANARY}-header"},
    variables={"TOKEN": f"{CANARY}-variable"},
    secret=whsec("endpoint"),
    former_secret=FormerSecret(whsec("endpoint-before"), NOW),
)
ALERTS = NotificationSettings(webhook_url=f"https://example.com/{CANARY}", webhook_secret=whsec("alerts"))
PLANTED = [CANARY.encode(), b64encode(CANARY.encode())[:-2], b64encode(b"_" + CANARY.encode())[3:-2]]
"""As it stands in the clear, in base64, and within ``whsec_``."""


def keep(tx: Connection) -> None:
    sources.insert(tx, SOURCE)
    endpoints.insert(tx, ENDPOINT)
    options.set_alerts(tx, ALERTS, NOW)


def kept(tx: Connection) -> tuple[Any, ...]:
    return sources.every(tx), endpoints.get(tx, ENDPOINT.id), options.alerts(tx)


WANTED = ([SOURCE], ENDPOINT, ALERTS)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return found


@pytest.fixture
def raw(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def keys_in(folder: Path) -> KeyRing:
    return KeyRing.find(key="", key_file=None, folder=folder)


def rows_of(raw: Engine) -> str:
    """Every value of every table."""
    with raw.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [tuple(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]
    return "\n".join(repr([unpack(value) if isinstance(value, bytes) else value for value in row]) for row in rows)


def planted_in(folder: Path) -> list[str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if any(word in file.read_bytes() for word in PLANTED)]


async def test_what_is_kept_is_read_as_it_was_and_is_encrypted(url: str, tmp_path: Path, raw: Engine) -> None:
    store = Store.open(url, keys_in(tmp_path))
    await store.write(keep)
    assert await store.read(kept) == WANTED
    store.close()

    values = rows_of(raw)
    assert not [word for word in PLANTED if word.decode() in values]
    assert planted_in(tmp_path) == []
    with raw.connect() as connection:
        for table, columns in SEALED.items():
            for row in connection.execute(text(f"SELECT {', '.join(columns)} FROM {table.name}")):
                assert all(value in (None, "") or value.startswith(PREFIX) for value in row)


async def test_a_value_moved_to_another_row_or_changed_does_not_open(url: str, tmp_path: Path) -> None:
    store = Store.open(url, keys_in(tmp_path))
    await store.write(keep)

    def move(tx: Connection) -> None:
        other = tx.execute(text("SELECT former_secret FROM endpoints")).scalar_one()
        tx.execute(sql_update(schema.endpoints).values(secret=other))

    await store.write(move)
    found = await store.read(lambda tx: endpoints.get(tx, ENDPOINT.id))
    assert found
    assert (found.secret, found.unreadable) == ("", {"secret"})
    with pytest.raises(UnreadableEndpoint):
        await store.read(lambda tx: endpoints.get_whole(tx, ENDPOINT.id))
    store.close()


async def test_an_erased_endpoint_keeps_no_secret(url: str, tmp_path: Path, raw: Engine) -> None:
    store = Store.open(url, keys_in(tmp_path))
    await store.write(keep)
    await store.write(lambda tx: deleted_endpoints.remove(tx, ENDPOINT.id, NOW))
    await store.write(lambda tx: deleted_endpoints.erase(tx, ENDPOINT.id))
    store.close()
    with raw.connect() as connection:
        row = connection.execute(text("SELECT * FROM endpoints")).mappings().one()
    vault = Vault(keys_in(tmp_path))
    opened = [vault.open(f"endpoints.{name}:{ENDPOINT.id}", row[name]) for name in ("credentials", "variables")]
    assert opened == ["{}", "{}"] and row["secret"] == "" and row["former_secret"] is None


def test_every_column_that_looks_like_a_secret_is_declared() -> None:
    """Others are named here with the reason why they are none."""
    harmless = {
        "users.password_hash": "an argon2id hash",
        "sessions.token_hash": "a SHA-256 of 256 random bits",
        "sources.token": "a part of an address that is shown; events prove themselves by a signature",
        "sources.former_secret_until": "a moment",
        "endpoints.former_secret_until": "a moment",
        "attempts.request_url": "masked when it is recorded",
        "attempts.request_headers": "masked when they are recorded",
        "attempts.response_headers": "masked when they are recorded",
        "versions.variable_names": "names without values",
        "inspector_addresses.token": "a part of an address that is shown; strangers are meant to send to it",
        "inspected_requests.headers": "masked when they are recorded",
    }
    looks = re.compile(r"secret|token|key|password|credential|header|variable|url|auth(?!or)|private|cookie|^value$")
    found = {
        f"{table.name}.{column.name}"
        for table in schema.metadata.tables.values()
        for column in table.columns
        if looks.search(column.name)
    }
    declared = {f"{table.name}.{name}" for table, names in SEALED.items() for name in names}
    assert found - declared - harmless.keys() == set()
    assert declared <= {str(column) for table in schema.metadata.tables.values() for column in table.columns}


def test_the_first_start_makes_a_private_key_and_the_next_one_uses_it(url: str, tmp_path: Path) -> None:
    Store.open(url, keys_in(tmp_path / ".")).close()
    file = tmp_path / "hookbench.key"
    assert file.stat().st_mode & 0o777 == 0o600
    first = file.read_bytes()
    Store.open(url, keys_in(tmp_path)).close()
    assert file.read_bytes() == first


def test_a_key_file_that_others_can_read_is_made_private(sqlite_url: str, tmp_path: Path) -> None:
    Store.open(sqlite_url, keys_in(tmp_path)).close()
    (tmp_path / "hookbench.key").chmod(0o644)
    Store.open(sqlite_url, keys_in(tmp_path)).close()
    assert (tmp_path / "hookbench.key").stat().st_mode & 0o777 == 0o600


def test_without_its_key_a_database_is_refused_and_no_new_key_is_made(url: str, tmp_path: Path, raw: Engine) -> None:
    Store.open(url, keys_in(tmp_path)).close()
    (tmp_path / "hookbench.key").rename(tmp_path / "elsewhere")
    before = rows_of(raw)
    with pytest.raises(Unusable, match=r"hookbench\.key, is missing\. Put it back from a backup"):
        Store.open(url, keys_in(tmp_path))
    assert not (tmp_path / "hookbench.key").exists()
    assert rows_of(raw) == before

    (tmp_path / "elsewhere").rename(tmp_path / "hookbench.key")
    Store.open(url, keys_in(tmp_path)).close()


@pytest.mark.parametrize("where", ["key", "key_file"])
def test_a_wrong_key_is_refused_with_what_to_do(url: str, tmp_path: Path, where: str) -> None:
    Store.open(url, keys_in(tmp_path)).close()
    other = Key.new()
    (tmp_path / "other").write_text(other.text)
    chosen: dict[str, Any] = {"key": "", "key_file": None} | {
        where: other.text if where == "key" else tmp_path / "other"
    }
    with pytest.raises(Unusable, match=r"encrypted with another key.*Put the right key back") as refused:
        Store.open(url, KeyRing.find(folder=tmp_path, **chosen))
    assert other.id in str(refused.value) and other.text not in str(refused.value)


@pytest.mark.parametrize("written", ["", "# only words\n", "short", "ab" * 31, "=" * 44, "\0\0"])
def test_what_is_no_key_is_refused_without_being_repeated(tmp_path: Path, written: str) -> None:
    (tmp_path / "file").write_text(written)
    with pytest.raises(Unusable, match=r"no key in|cannot be used: it must be 32 bytes") as refused:
        KeyRing.find(key="", key_file=tmp_path / "file", folder=tmp_path)
    assert not written.strip("#\n") or written not in str(refused.value)


def test_a_key_is_read_in_every_spelling_that_people_use(tmp_path: Path) -> None:
    key = Key.new()
    for written in (key.text, key.text.rstrip("="), key.material.hex(), f"\n # mine\n{key.text}\n", key.text + ","):
        (tmp_path / "file").write_text(written)
        assert KeyRing.find(key="", key_file=tmp_path / "file", folder=tmp_path).ids == (key.id,)
        assert written.startswith("\n") or KeyRing.find(key=written, key_file=None, folder=tmp_path).ids == (key.id,)


def test_a_key_file_that_is_named_and_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"HOOKBENCH_KEY_FILE names .*nowhere, which does not exist"):
        KeyRing.find(key="", key_file=tmp_path / "nowhere", folder=tmp_path)


# Databases from before secrets were encrypted


def an_old_database(url: str) -> None:
    """At revision 0002, with secrets in the clear, some of them in freed pages."""
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(config_for(connection), "0002")
        connection.execute(
            text(
                "INSERT INTO sources (id, name, mode, token, secret, created_at, former_secret, former_secret_until) "
                "VALUES (:id, :name, :mode, :token, :secret, :created_at, :former, :until)"
            ),
            {
                "id": SOURCE.id, "name": SOURCE.name, "mode": SOURCE.mode.value, "token": SOURCE.token,
                "secret": SOURCE.secret, "created_at": SOURCE.created_at,
                "former": whsec("before"), "until": NOW,
            },
        )  # fmt: skip
        alerts = {"kinds": sorted(ALERTS.kinds), "addresses": [], "webhook_url": ALERTS.webhook_url}
        connection.execute(
            text("INSERT INTO options VALUES ('alerts', :value, 0)"),
            {"value": json.dumps(alerts | {"webhook_secret": ALERTS.webhook_secret})},
        )
        values = {
            "id": ENDPOINT.id, "source_id": SOURCE.id, "url": ENDPOINT.url, "secret": ENDPOINT.secret,
            "credentials": json.dumps(ENDPOINT.credentials), "headers": json.dumps(ENDPOINT.headers),
            "variables": json.dumps(ENDPOINT.variables), "former_secret": whsec("endpoint-before"),
            "former_secret_until": NOW, "at": NOW, "version": ENDPOINT.version.id if ENDPOINT.version else "",
        }  # fmt: skip
        for name, changed in [*(("freed", {"id": f"ep_freed{each}"}) for each in range(20)), ("kept", {})]:
            connection.execute(
                text(
                    "INSERT INTO endpoints (id, source_id, card, description, url, destination, credentials, headers, "
                    "variables, transforming, version_id, secret, disabled, created_at, updated_at, former_secret, "
                    "former_secret_until) VALUES (:id, :source_id, 'webhook', '', :url, 'send', :credentials, "
                    ":headers, :variables, true, :version, :secret, false, :at, :at, :former_secret, "
                    ":former_secret_until)"
                ),
                values | {"variables": json.dumps({"LONG": f"{CANARY} {name} " * 2000})} | changed
                if name == "freed"
                else values,
            )
        connection.execute(
            text("INSERT INTO versions VALUES (:id, :endpoint, 1, 'x', :at)"),
            {"id": values["version"], "endpoint": ENDPOINT.id, "at": NOW},
        )
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA secure_delete=OFF"))
        connection.execute(text("DELETE FROM endpoints WHERE id LIKE 'ep_freed%'"))
    engine.dispose()


async def test_a_database_from_before_is_encrypted_and_nothing_is_left_in_the_clear(
    url: str, tmp_path: Path, raw: Engine
) -> None:
    an_old_database(url)
    on_disk = raw.dialect.name == "sqlite"
    assert not on_disk or planted_in(tmp_path) == ["hookbench.db"]

    store = Store.open(url, keys_in(tmp_path), folder=tmp_path)
    assert await store.read(kept) == WANTED
    assert planted_in(tmp_path) == []  # while it is open: the log beside the file, and the backup
    store.close()

    assert planted_in(tmp_path) == []
    assert CANARY not in rows_of(raw)
    with raw.connect() as connection:
        assert connection.execute(text("SELECT name FROM options ORDER BY name")).scalars().all() == [
            "alerts",
            "counted_until",
            "key_check",
        ]


def test_the_backup_is_private_and_opens_with_the_key(url: str, tmp_path: Path, raw: Engine) -> None:
    an_old_database(url)
    Store.open(url, keys_in(tmp_path), folder=tmp_path).close()
    on_disk = raw.dialect.name == "sqlite"
    backup = tmp_path / ("hookbench.db.before-encryption" if on_disk else "postgresql.before-encryption")
    assert backup.stat().st_mode & 0o777 == 0o600

    open_backup(backup, tmp_path / "plain", keys_in(tmp_path))

    assert (tmp_path / "plain").stat().st_mode & 0o777 == 0o600
    if on_disk:
        with closing(sqlite3.connect(tmp_path / "plain")) as opened:
            assert opened.execute("SELECT secret FROM sources").fetchall() == [(SOURCE.secret,)]
            assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    else:
        assert json.loads((tmp_path / "plain").read_text())["sources"][0]["secret"] == SOURCE.secret


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-1], lambda b: b[: len(b) // 2], lambda b: b[:-9] + b"x" + b[-8:], lambda b: b""]
)
def test_a_damaged_backup_is_refused(sqlite_url: str, tmp_path: Path, spoil: Any) -> None:
    an_old_database(sqlite_url)
    Store.open(sqlite_url, keys_in(tmp_path)).close()
    backup = tmp_path / "hookbench.db.before-encryption"
    backup.write_bytes(spoil(backup.read_bytes()))
    with pytest.raises(Unusable, match="is not a backup of Hookbench, or is damaged"):
        open_backup(backup, tmp_path / "plain", keys_in(tmp_path))
    assert not (tmp_path / "plain").exists()


async def test_cleaning_that_was_interrupted_is_done_at_the_next_start(sqlite_url: str, tmp_path: Path) -> None:
    an_old_database(sqlite_url)
    keys = keys_in(tmp_path)
    keys.make()
    engine = create_engine(sqlite_url, execution_options={VAULT: Vault(keys)})
    migrate(engine)  # and killed here
    engine.dispose()
    assert planted_in(tmp_path) == ["hookbench.db"]  # in freed pages

    store = Store.open(sqlite_url, keys_in(tmp_path))
    assert await store.read(kept) == WANTED
    store.close()
    assert planted_in(tmp_path) == []


def test_a_value_says_which_key_opens_it() -> None:
    ring = KeyRing("here", None, Key.new().text)
    vault = Vault(ring)
    sealed = vault.seal("a.b:c", "text")
    assert key_id_of(sealed) == ring.ids[0] and vault.seal("a.b:c", "text") != sealed
    assert VAULT  # what connections find it by


async def test_a_damaged_value_is_named_and_holds_up_no_change_of_keys(url: str, tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    store = Store.open(url, keys)
    await store.write(keep)
    await store.write(lambda tx: tx.execute(sql_update(schema.endpoints).values(url="damaged")))
    store.close()
    with connected(url, keys) as engine:
        assert rekeying.unreadable(engine) == [f"endpoints.url:{ENDPOINT.id}"]
        for count in (2, 3):
            list(rekeying.rotate(engine, keys))
            assert len(keys.ids) == count
        assert rekeying.unreadable(engine) == [f"endpoints.url:{ENDPOINT.id}"]
    store = Store.open(url, keys)
    found = await store.read(lambda tx: endpoints.get(tx, ENDPOINT.id))
    store.close()
    assert found
    assert (found.variables, found.unreadable) == (ENDPOINT.variables, {"url"})


async def test_a_rotation_encrypts_deleted_endpoints_too(url: str, tmp_path: Path) -> None:
    store = Store.open(url, keys_in(tmp_path))
    await store.write(keep)
    await store.write(lambda tx: deleted_endpoints.remove(tx, ENDPOINT.id, NOW))
    store.close()
    [old] = keys_in(tmp_path).ids
    with connected(url, keys_in(tmp_path)) as engine:
        list(rekeying.rotate(engine, keys_in(tmp_path)))
        with engine.connect() as connection:
            sealed = connection.execute(
                text("SELECT credentials, headers, variables, secret, url FROM endpoints")
            ).one()
    assert not [value for value in sealed if old in value]

    store = Store.open(url, keys_in(tmp_path))
    await store.write(lambda tx: deleted_endpoints.restore(tx, ENDPOINT.id, NOW))
    restored = await store.read(lambda tx: endpoints.get(tx, ENDPOINT.id))
    assert restored is not None
    assert (restored.credentials, restored.secret, restored.unreadable) == (
        ENDPOINT.credentials, ENDPOINT.secret, frozenset(),
    )  # fmt: skip
    store.close()
