"""``POST /in/<token>`` over real connections: each refusal with its sentence; nothing is stored that was not proven."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from builders import SECRET, a_source
from events import Event, standard_signed
from running import Running

from server.domain.catalog import sample_json
from server.domain.sources import IntakeRefusal
from server.store import Store, Transaction, messages, sources

T = TypeVar("T")

MAX_BODY = 64 * 1024
SOURCE = a_source()
WITHOUT_SECRET = a_source(secret=None)

UNSIGNED = (401, "The signature is missing or wrong.")
UNKNOWN = (404, "There is no source at this address.")
NOT_JSON = (400, "The body must be a JSON object with a type.")
TOO_LARGE = (413, "The event is too large.")


def in_store(data: Path, work: Callable[[Transaction], T]) -> T:
    async def run() -> T:
        store = Store.open(f"sqlite:///{data / 'hookbench.db'}")
        try:
            return await store.write(work)
        finally:
            store.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def hookbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("intake") / "data"
    data.mkdir(mode=0o700)

    def keep(tx: Transaction) -> None:
        sources.insert(tx, SOURCE)
        sources.insert(tx, WITHOUT_SECRET)

    in_store(data, keep)
    settings = {"HOOKBENCH_MAX_BODY": str(MAX_BODY), "HOOKBENCH_INTAKE_TIMEOUT": "0.5"}
    with Running(data, settings) as running:
        yield running


def signed(text: str | None = None) -> Event:
    return standard_signed(SECRET, text or sample_json("payment.succeeded"))


def said(hookbench: Running, body: bytes, headers: dict[str, str], token: str = SOURCE.token) -> tuple[int, str]:
    answer = httpx.post(f"{hookbench.url}/in/{token}", content=body, headers=headers, trust_env=False)
    return answer.status_code, answer.text


def stored(hookbench: Running) -> list[str]:
    search = messages.Search(SOURCE.id)
    return [row.webhook_id for row in in_store(hookbench.data, lambda tx: messages.page(tx, search))]


def test_a_good_event_is_stored_once_however_often_it_is_sent(hookbench: Running) -> None:
    event = signed()
    assert said(hookbench, event.body, event.headers) == (200, "")
    again = standard_signed(SECRET, sample_json("payment.succeeded"), event.headers["webhook-id"])
    assert said(hookbench, again.body, again.headers) == (200, "")
    assert stored(hookbench).count(event.headers["webhook-id"]) == 1


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_an_event_without_one_of_the_headers_is_refused(hookbench: Running, missing: str) -> None:
    event = signed()
    headers = {name: value for name, value in event.headers.items() if name != missing}
    assert said(hookbench, event.body, headers) == UNSIGNED


def test_one_changed_byte_is_refused(hookbench: Running) -> None:
    event = signed()
    assert said(hookbench, event.body.replace(b"succeeded", b"succeedes"), event.headers) == UNSIGNED


def test_an_old_event_is_refused(hookbench: Running) -> None:
    event = signed()
    old = event.headers | {"webhook-timestamp": str(int(time.time()) - 301)}
    assert said(hookbench, event.body, old) == UNSIGNED


def test_an_address_that_does_not_exist_is_not_found(hookbench: Running) -> None:
    event = signed()
    assert said(hookbench, event.body, event.headers, token="nobody") == UNKNOWN


def test_a_source_without_a_secret_refuses_everything(hookbench: Running) -> None:
    event = signed()
    assert said(hookbench, event.body, event.headers, token=WITHOUT_SECRET.token) == UNSIGNED


@pytest.mark.parametrize("text", ["", "[]", '"x"', "{", "{}", '{"type": 1}', '{"type": ""}', "[" * 60_000, "NaN"])
def test_a_body_that_is_no_event_is_refused(hookbench: Running, text: str) -> None:
    event = standard_signed(SECRET, text)
    assert said(hookbench, event.body, event.headers) == NOT_JSON


def test_a_body_over_the_limit_is_refused_by_its_length_before_it_is_read(hookbench: Running) -> None:
    with socket.create_connection(("127.0.0.1", hookbench.port), timeout=5) as connection:
        head = f"POST /in/{SOURCE.token} HTTP/1.1\r\nhost: x\r\ncontent-length: {MAX_BODY + 1}\r\n\r\n"
        connection.sendall(head.encode())  # and not one byte of the body
        assert b"413" in connection.recv(200)


def test_a_body_over_the_limit_is_refused_although_it_hides_its_length(hookbench: Running) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 4096

    answer = httpx.post(f"{hookbench.url}/in/{SOURCE.token}", content=chunks(), trust_env=False)
    assert (answer.status_code, answer.text) == TOO_LARGE


def test_a_body_at_the_limit_is_taken(hookbench: Running) -> None:
    text = json.dumps({"type": "payment.succeeded", "data": ""})
    text = text.replace('""', '"' + "x" * (MAX_BODY - len(text)) + '"')
    event = signed(text)
    assert len(event.body) == MAX_BODY
    assert said(hookbench, event.body, event.headers) == (200, "")


def test_a_body_that_never_comes_ends_at_the_deadline(hookbench: Running) -> None:
    with socket.create_connection(("127.0.0.1", hookbench.port), timeout=10) as connection:
        connection.sendall(f"POST /in/{SOURCE.token} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{{".encode())
        assert b"408" in connection.recv(200)


def test_other_methods_are_not_for_this_address(hookbench: Running) -> None:
    assert httpx.get(f"{hookbench.url}/in/{SOURCE.token}", trust_env=False).status_code == 405


def test_refusals_are_counted_and_nothing_of_them_is_stored(hookbench: Running) -> None:
    def counts() -> dict[IntakeRefusal, int]:
        found = in_store(
            hookbench.data, lambda tx: sources.refused(tx, SOURCE.id) | sources.refused(tx, WITHOUT_SECRET.id)
        )
        of_requests = set(IntakeRefusal) - {IntakeRefusal.UNREADABLE}  # that one is our own fault
        return {reason: found[reason].count if reason in found else 0 for reason in of_requests}

    before, kept = counts(), stored(hookbench)
    event = signed()
    said(hookbench, event.body, {})
    said(hookbench, event.body + b" ", event.headers)
    said(hookbench, event.body, event.headers, token=WITHOUT_SECRET.token)
    said(hookbench, b" " * (MAX_BODY + 1), event.headers)
    nothing = standard_signed(SECRET, "[]")
    said(hookbench, nothing.body, nothing.headers)
    old = standard_signed(SECRET, "{}", at=datetime.now(UTC) - timedelta(seconds=301))
    said(hookbench, old.body, old.headers)
    assert counts() == {reason: count + 1 for reason, count in before.items()}
    assert stored(hookbench) == kept


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "payment.succeeded", "data": {"n": 1e400}}',
        '{"type": "payment.succeeded", "data": {"n": "\\u0000\\ud800"}}',
        '{"type": "payment.succeeded", "data": {"a": 1, "a": 2}}',
        '\ufeff{"type": "payment.succeeded", "data": {}}',
        '{"type": "payment.succeeded", "data": ' + "9" * 10_000 + "}",
    ],
    ids=["1e400", "NUL and half a pair", "a key twice", "byte order mark", "a long number"],
)
def test_odd_json_is_stored_byte_for_byte(hookbench: Running, text: str) -> None:
    event = signed(text)
    assert said(hookbench, event.body, event.headers) == (200, "")
    search = messages.Search(SOURCE.id, text=event.headers["webhook-id"])

    def body(tx: Transaction) -> bytes | None:
        [row] = messages.page(tx, search)
        found = messages.get(tx, row.id)
        return found.body if found else None

    assert in_store(hookbench.data, body) == event.body
