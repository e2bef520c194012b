"""``hookbench keys``: listed, changed while a server runs, and brought to an end after any interruption."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from builders import a_source, an_endpoint
from running import Running

from server.domain.endpoints import Destination
from server.store import KeyRing, Store, Transaction, endpoints, sources
from server.store.keys import Key

SECRET_VARIABLE = "canary-variable-51"


def keys_in(folder: Path) -> KeyRing:
    return KeyRing.find(key="", key_file=None, folder=folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    return {} if request.param == "sqlite" else {"HOOKBENCH_DATABASE": request.getfixturevalue("postgres_url")}


def url_of(hookbench: Running) -> str:
    return hookbench.settings.get("HOOKBENCH_DATABASE") or f"sqlite:///{hookbench.data / 'hookbench.db'}"


async def kept(hookbench: Running, number: int) -> list[str]:
    """Keep so many endpoints with a secret each, beside what is there; returns their ids."""
    store = Store.open(url_of(hookbench), keys_in(hookbench.data))
    made = a_source(name="Keys")
    every = [
        an_endpoint(made, destination=Destination.CAPTURE, variables={"KEY": SECRET_VARIABLE}) for _ in range(number)
    ]

    def keep(tx: Transaction) -> None:
        sources.insert(tx, made)
        for endpoint in every:
            endpoints.insert(tx, endpoint)

    await store.write(keep)
    store.close()
    return [endpoint.id for endpoint in every]


async def read(hookbench: Running, ids: list[str]) -> set[str]:
    store = Store.open(url_of(hookbench), keys_in(hookbench.data))
    found = await store.read(lambda tx: [endpoints.get(tx, each) for each in ids])
    store.close()
    return {endpoint.variables["KEY"] if endpoint else "gone" for endpoint in found}


async def test_keys_are_rotated_while_the_server_runs(tmp_path: Path, settings: dict[str, str]) -> None:
    with Running(tmp_path / "data", dict(settings)) as hookbench:
        ids = await kept(hookbench, 50)
        [old] = keys_in(hookbench.data).ids
        assert re.search(rf"{old}  encrypts  \d\d\d values", hookbench.run("keys", "list").stdout)

        rotated = hookbench.run("keys", "rotate")

        assert rotated.returncode == 0, rotated.stderr
        before, new = keys_in(hookbench.data).ids
        assert before == old and f"encrypted with the key {new}" in rotated.stdout
        listed = hookbench.run("keys", "list").stdout
        assert f"{old}  decrypts, no longer used  0 values" in listed and re.search(
            rf"{new}  encrypts  \d\d\d values", listed
        )
        # The running server reads what is encrypted anew, and encrypts with the new key by itself.
        sent = hookbench.run("send", "payment.succeeded", "--source", "Keys")
        assert sent.returncode == 0, sent.stderr + hookbench.log
        assert await read(hookbench, ids) == {SECRET_VARIABLE}

        forgotten = hookbench.run("keys", "forget", old)
        assert forgotten.returncode == 0, forgotten.stderr
        assert keys_in(hookbench.data).ids == (new,)
        assert hookbench.run("send", "payment.failed", "--source", "Keys").returncode == 0
        assert "Traceback" not in hookbench.log and "UnknownKey" not in hookbench.log


STOPS = """
import os, signal, sys
from pathlib import Path
from server.store import KeyRing, rekeying
from server.store import keys as key_module
from server.store.database import connected

url, folder, step = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
seen = 0

def traced(frame, event, argument):
    # Every line of the two modules that do it is a point to die at.
    global seen
    if frame.f_code.co_filename not in (rekeying.__file__, key_module.__file__):
        return None
    if event == "line":
        seen += 1
        if seen == step:
            os.kill(os.getpid(), signal.SIGKILL)
    return traced

ring = KeyRing.find(key="", key_file=None, folder=folder)
with connected(url, ring) as engine:
    sys.settrace(traced)
    for _ in rekeying.rotate(engine, ring):
        pass
    sys.settrace(None)
"""


async def test_a_rotation_may_be_killed_at_any_line(tmp_path: Path, settings: dict[str, str]) -> None:
    """At most one key more each time, and nothing that cannot be read."""
    hookbench = Running(tmp_path / "data", settings)
    hookbench.start()
    hookbench.stop()
    ids = await kept(hookbench, 25)
    survived = False
    step, died = 0, 0
    while not survived and step < 400:
        step += 53
        ended = subprocess.run([sys.executable, "-c", STOPS, url_of(hookbench), str(hookbench.data), str(step)])
        survived = ended.returncode == 0
        assert survived or ended.returncode == -signal.SIGKILL
        died += not survived
        assert await read(hookbench, ids) == {SECRET_VARIABLE}, step
        assert [file.name for file in hookbench.data.iterdir() if not os.access(file, os.R_OK)] == []
    assert died >= 3


async def test_a_key_that_was_never_used_is_used_by_the_next_rotation(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as hookbench:
        hookbench.stop()
        ring = keys_in(hookbench.data)
        [old] = ring.ids
        new = ring.add().id  # and here the rotation was killed
        left = hookbench.data / "hookbench.key.1.new"
        left.write_text(Key.new().text)  # and another one while it wrote
        listed = hookbench.run("keys", "list").stdout
        assert f"{new}  encrypts, not used yet  0 values" in listed

        assert hookbench.run("keys", "rotate").returncode == 0
        assert keys_in(hookbench.data).ids == (old, new)
        assert not left.exists()
        listed = hookbench.run("keys", "list").stdout
        assert f"{old}  decrypts, no longer used  0 values" in listed and f"{new}  encrypts  " in listed


def test_keys_of_the_operators_are_not_changed_but_used(tmp_path: Path) -> None:
    old, new = Key.new(), Key.new()
    data = tmp_path / "data"
    hookbench = Running(data, {"HOOKBENCH_KEY": old.text})
    hookbench.start()
    hookbench.stop()
    assert not (data / "hookbench.key").exists()
    refused = hookbench.run("keys", "rotate")
    assert refused.returncode == 2
    assert "Put a new one behind it, after a comma (openssl rand -base64 32)" in refused.stderr

    hookbench.settings["HOOKBENCH_KEY"] = f"{old.text},{new.text}"
    assert hookbench.run("keys", "rotate").returncode == 0
    hookbench.settings["HOOKBENCH_KEY"] = new.text
    listed = hookbench.run("keys", "list")
    assert listed.returncode == 0 and old.id not in listed.stdout and new.text not in listed.stdout

    hookbench.settings["HOOKBENCH_KEY"] = old.text
    wrong = hookbench.run("keys", "list")
    assert wrong.returncode == 2 and f"The key {new.id} is not in HOOKBENCH_KEY" in wrong.stderr
    wrong = hookbench.run("serve")
    assert wrong.returncode == 2 and "encrypted with another key" in wrong.stderr and "Traceback" not in wrong.stderr


def test_a_key_that_is_needed_is_not_forgotten(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as hookbench:
        [only] = keys_in(hookbench.data).ids
        refused = hookbench.run("keys", "forget", only)
        assert refused.returncode == 2 and "is the one that encrypts" in refused.stderr
        assert hookbench.run("keys", "forget", "0123").returncode == 2
        assert keys_in(hookbench.data).ids == (only,)


def test_systemd_credentials_are_found(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    key = Key.new()
    (credentials / "hookbench.key").write_text(key.text)
    with Running(tmp_path / "data", {"CREDENTIALS_DIRECTORY": str(credentials)}) as hookbench:
        assert f"{key.id}  encrypts" in hookbench.run("keys", "list").stdout
        assert not (hookbench.data / "hookbench.key").exists()
