"""``hookbench send``: a signed sample to the running Hookbench, as Dodo sends it."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from destination import Destination
from running import Running
from standardwebhooks import Webhook

from server.store import Store, Transaction, sources

SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture
def hookbench(tmp_path: Path) -> Iterator[Running]:
    with Running(tmp_path / "data") as running:
        yield running


def give_test_a_secret(hookbench: Running) -> None:
    async def give() -> None:
        store = Store.open(f"sqlite:///{hookbench.data / 'hookbench.db'}")

        def change(tx: Transaction) -> None:
            sources.set_secret(tx, sources.every(tx)[0].id, SECRET)

        await store.write(change)
        store.close()

    asyncio.run(give())


def test_a_sample_is_accepted_by_the_running_hookbench(hookbench: Running) -> None:
    give_test_a_secret(hookbench)
    done = hookbench.run("send", "payment.succeeded")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("200 payment.succeeded evt_")


def test_the_running_hookbench_is_found_on_whatever_port_it_listens(hookbench: Running) -> None:
    give_test_a_secret(hookbench)
    listens, hookbench.port = hookbench.port, 8000
    done = hookbench.run("send", "payment.succeeded")
    hookbench.port = listens
    assert (done.returncode, done.stderr) == (0, "")


def test_a_source_without_a_secret_says_what_to_do(hookbench: Running) -> None:
    done = hookbench.run("send", "payment.succeeded", "--source", "live")
    assert done.returncode == 2
    assert "The source Live has no signing secret yet. Enter one on the page Sources, or use --secret." in done.stderr


def test_another_receiver_gets_what_the_library_of_the_standard_accepts(stopped: Running) -> None:
    with Destination() as destination:
        address = f"http://127.0.0.1:{destination.port}/"
        done = stopped.run("send", "refund.failed", "--url", address, "--secret", SECRET)
    assert done.returncode == 0
    [got] = destination.got
    assert Webhook(SECRET).verify(got.body, got.headers)["type"] == "refund.failed"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("payment.sneezed",), "'payment.sneezed' is not an event type."),
        (("payment.failed",), "There is no Hookbench in the folder"),
        (("payment.failed", "--url", "http://127.0.0.1:1/", "--secret", SECRET), "Is Hookbench running?"),
    ],
)
def test_what_cannot_be_sent_is_answered_with_a_sentence(
    stopped: Running, arguments: tuple[str, ...], sentence: str
) -> None:
    done = stopped.run("send", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
