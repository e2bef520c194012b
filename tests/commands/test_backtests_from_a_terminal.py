"""``hookbench backtest``: with and without a running server, on both databases, and of a folder."""

import json
import time
from pathlib import Path

from builders import a_message
from running import Running
from stored import endpoint_in, written
from test_endpoints_are_pulled_and_pushed import pulled, somebody_saves

from server.domain.endpoints import Destination, Endpoint
from server.store import backtests, messages

ACTIVE = "function handler(w) { w.payload = { mail: w.payload.data.customer?.email ?? '' }; return w }"
THROWS_ON_NULL = "function handler(w) { w.payload = { mail: w.payload.data.customer.email }; return w }"
CHANGES = "function handler(w) { w.payload = { mail: w.payload.data.customer?.email ?? 'none' }; return w }"


async def an_endpoint_with_events(hookbench: Running) -> Endpoint:
    endpoint = await endpoint_in(hookbench, ACTIVE, description="Shop", destination=Destination.CAPTURE)
    now = time.time_ns() // 1_000_000
    bodies = [{"data": {"customer": {"email": "a@shop.test"}}}] * 4 + [{"data": {"customer": None}}]
    events = [a_message(endpoint.source_id, received_at=now, body=json.dumps(body).encode()) for body in bodies]
    await written(hookbench, lambda tx: messages.receive(tx, events))
    return endpoint


async def test_a_draft_is_tested_without_a_server(stopped_on_each: Running, tmp_path: Path) -> None:
    endpoint = await an_endpoint_with_events(stopped_on_each)
    without = stopped_on_each.run("backtest", "shop")
    assert without.returncode == 1 and "There is no draft" in without.stderr

    await somebody_saves(stopped_on_each, endpoint, THROWS_ON_NULL)
    found = stopped_on_each.run("backtest", "shop")
    assert found.returncode == 1, found.stderr
    assert "draft 1 beside version 1, 5 events, done" in found.stdout
    assert "1 × throws: TypeError: Cannot read properties of null" in found.stdout

    [kept] = await written(stopped_on_each, lambda tx: backtests.history(tx, endpoint.id))
    assert kept.author.startswith("cli:") and kept.report.events == 5
    same = stopped_on_each.run("backtest", "shop", "--version", "1", "--last", "3", "--json")
    assert same.returncode == 0, same.stderr
    report = json.loads(same.stdout)
    assert (report["state"], report["events"], report["counts"]) == ("done", 3, {"same": 3})

    folder = pulled(stopped_on_each, endpoint, tmp_path / "shop")
    (folder / "transform.js").write_text(CHANGES)
    changed = stopped_on_each.run("backtest", "shop", "--folder", str(folder), "--json")
    assert changed.returncode == 0, changed.stderr
    report = json.loads(changed.stdout)
    assert report["counts"] == {"same": 4, "changed": 1} and report["groups"][0]["paths"] == ["mail"]
    assert len(await written(stopped_on_each, lambda tx: backtests.history(tx, endpoint.id))) == 2

    wrong = stopped_on_each.run("backtest", "shop", "--since", "yesterday")
    assert wrong.returncode == 2 and "--since: Enter a date and time" in wrong.stderr
    early = stopped_on_each.run("backtest", "shop", "--since", "2020-01-01T00:00", "--until", "2020-01-02T00:00")
    assert early.returncode == 0 and "0 events" in early.stdout


async def test_a_running_server_runs_it(stopped_on_each: Running) -> None:
    with stopped_on_each as hookbench:
        endpoint = await an_endpoint_with_events(hookbench)
        await somebody_saves(hookbench, endpoint, THROWS_ON_NULL)
        found = hookbench.run("backtest", endpoint.id)
        assert found.returncode == 1 and "5 events, done" in found.stdout, found.stdout + found.stderr
        assert "backtest.ended" in hookbench.log  # it was the server's
