"""The rows that match the filters are exported as CSV and JSON Lines, in parts, and safe for spreadsheets."""

import asyncio
import csv
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from io import StringIO
from typing import Any

import pytest
from entries import kept_endpoint, tried
from site_under_test import Site
from sqlalchemy import delete

from server.domain.messages import DeliveryState
from server.store.schema import sessions
from server.web import log_export

EVIL = "=HYPERLINK(1)"


@pytest.fixture
async def entries(site: Site) -> None:
    shop = await kept_endpoint(site, name="Shop")
    for number in range(5):
        payment = {"payment_id": f"pay_{number}", "total_amount": 1000 + number, "currency": "JPY"}
        body = json.dumps({"data": payment | {"customer": {"name": f"{EVIL}{number}", "email": "@mail"}}}).encode()
        state = DeliveryState.FAILED if number % 2 else DeliveryState.SUCCEEDED
        await tried(site, shop, state, of={"body": body})


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


async def test_messages_as_csv(site: Site, entries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_export, "ROWS_AT_ONCE", 2)

    answer = await site.get("/logs/export?format=csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="hookbench-test-messages-20')
    rows = table(answer.text)
    assert [row["reference"] for row in rows] == [f"pay_{number}" for number in (4, 3, 2, 1, 0)]
    assert rows[0]["amount"] == "1004"
    assert rows[0]["endpoints"] == "Shop: succeeded"
    assert rows[0]["customer_name"] == f"'{EVIL}4"
    assert rows[0]["customer_email"] == "'@mail"


async def test_attempts_as_json_lines(site: Site, entries: None) -> None:
    answer = await site.get("/logs/export?format=jsonl&view=attempts")

    rows: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert len(rows) == 5
    assert set(rows[0]) == set(log_export.ATTEMPT_FIELDS)
    assert rows[0]["customer_name"] == f"{EVIL}4"
    assert rows[0]["response_status"] == 200
    assert answer.headers["content-disposition"].endswith('-UTC.jsonl"')


async def test_an_event_that_names_its_customer_by_id_alone_has_the_id(site: Site) -> None:
    body = json.dumps({"data": {"id": "lic_1", "customer_id": "cus_1", "key": "k"}}).encode()
    await tried(site, await kept_endpoint(site), of={"event_type": "license_key.created", "body": body})
    [message] = table((await site.get("/logs/export")).text)
    [attempt] = table((await site.get("/logs/export?view=attempts")).text)
    assert (message["customer_id"], message["customer_name"]) == ("cus_1", "")
    assert (attempt["customer_id"], attempt["next_attempt_at"]) == ("cus_1", "")
    assert list(message)[-1] == list(attempt)[-1] == "customer_id"


async def test_only_what_matches_and_not_more_than_the_limit(
    site: Site, entries: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(table((await site.get("/logs/export?status=failed")).text)) == 2
    assert set(table((await site.get("/logs/export?status=failed")).text)[0]) == set(log_export.MESSAGE_FIELDS)
    monkeypatch.setattr(log_export, "MAX_ROWS", 3)
    assert len(table((await site.get("/logs/export")).text)) == 3


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    [row] = csv.reader(StringIO(log_export._csv([{"a": cell}]).decode(), newline=""))

    assert row == [f"'{cell}"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("Bob;=1+1;@SUM(1)", "Bob;'=1+1;'@SUM(1)"),
        ("\t=1", "'\t'=1"),
        ("\r\n=1", "'\r\n'=1"),
        ("Bob\t+1|-1", "Bob\t'+1|'-1"),
        ("Bob\r\n=1", "Bob\r\n'=1"),
        ('Bob; "=1"', 'Bob; "\'=1"'),
        ("Bob;;＝1", "Bob;;'＝1"),
        ("a = b, c - d; e=f", "a = b, c - d; e=f"),
    ],
)
def test_no_part_of_a_cell_is_a_formula_under_another_separator(cell: str, written: str) -> None:
    text = log_export._csv([{"a": "msg_1", "b": cell, "c": "end"}]).decode()

    assert next(csv.reader(StringIO(text, newline=""))) == ["msg_1", written, "end"]
    for separator in ";\t|":
        parts = [part for row in csv.reader(StringIO(text, newline=""), delimiter=separator) for part in row]
        assert not [part for part in parts if part.strip(' "').startswith(tuple("=+-@＝"))]


def test_a_cell_of_separators_takes_no_time() -> None:
    began = time.thread_time()
    log_export._csv([{"a": ";" * 1_000_000 + "a"}])
    assert time.thread_time() - began < 1


async def cut_off(site: Site, monkeypatch: pytest.MonkeyPatch, on_second: Callable[[], Awaitable[object]]) -> bytes:
    """Reads an export, and does something when its second part comes. Returns what came; it must not be all."""
    monkeypatch.setattr(log_export, "ROWS_AT_ONCE", 2)
    came: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: MutableMapping[str, Any]) -> None:
        came.append(dict(message))
        if len(came) == 3:
            await on_second()

    cookie = "; ".join(f"{name}={value}" for name, value in site.client.cookies.items())
    scope = {
        "type": "http", "method": "GET", "path": "/test/logs/export", "raw_path": b"/test/logs/export",
        "scheme": "http", "query_string": b"format=jsonl",
        "headers": [(b"cookie", cookie.encode()), (b"host", b"127.0.0.1")],
        "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "asgi": {"spec_version": "2.4"},
    }  # fmt: skip
    await site.app(scope, receive, send)
    assert came[0]["status"] == 200
    assert all(message.get("more_body") for message in came[1:])  # never finished, so the connection breaks off
    return b"".join(message.get("body", b"") for message in came)


async def test_it_ends_when_its_person_signs_out(site: Site, entries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sign_out() -> None:
        await site.services.store.write(lambda tx: tx.execute(delete(sessions)))

    assert len((await cut_off(site, monkeypatch, sign_out)).splitlines()) == 4


async def test_one_that_is_read_too_slowly_ends(site: Site, entries: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_export, "MAX_SECONDS", 0.5)
    got = await cut_off(site, monkeypatch, asyncio.Event().wait)
    assert len(got.splitlines()) == 4
    assert len((await site.get("/logs/export?format=jsonl")).text.splitlines()) == 5
