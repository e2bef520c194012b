"""``hookbench activate``, ``rollback`` and ``history``, and a push that a running server serves."""

import asyncio
import json
import time
from pathlib import Path

from running import Running
from stored import endpoint_in, written
from test_endpoints_are_pulled_and_pushed import CODE, NEW_CODE, a_case, pulled, somebody_saves

from server.delivery.configuration import FRESH_SECONDS
from server.domain.endpoints import Destination, Endpoint
from server.domain.versions import ActivationReason
from server.store import attempts, versions
from server.store.attempts import Search


async def an_endpoint(hookbench: Running) -> Endpoint:
    return await endpoint_in(
        hookbench,
        CODE,
        (a_case(),),
        description="Shop",
        destination=Destination.CAPTURE,
        variables={"CHANNEL": "#sales"},
    )


async def test_a_draft_is_activated_and_rolled_back(stopped_on_each: Running) -> None:
    endpoint = await an_endpoint(stopped_on_each)
    nothing = stopped_on_each.run("activate", "shop")
    assert nothing.returncode == 1 and "There is no draft to activate." in nothing.stderr

    await somebody_saves(stopped_on_each, endpoint, NEW_CODE)
    failing = stopped_on_each.run("activate", "shop")
    assert failing.returncode == 1 and "FAIL A payment" in failing.stdout and "--override" in failing.stderr
    assert '-  webhook.payload = { text: "paid"' in failing.stdout

    why = "it asks for \x1b[2Jold words"
    done = stopped_on_each.run("activate", "shop", "--draft", "--note", "new words", "--override", why)
    assert done.returncode == 0 and "Version 2 is active." in done.stdout, done.stderr
    back = stopped_on_each.run("rollback", "shop", "--note", "wrong words")
    assert back.returncode == 0 and "Version 1 is active." in back.stdout
    again = stopped_on_each.run("activate", "shop", "--version", "2", "--override", "really")
    assert again.returncode == 0, again.stderr
    assert "already" in stopped_on_each.run("rollback", "shop", "--to", "2").stderr
    assert stopped_on_each.run("rollback", "shop", "--to", "9").returncode == 1
    assert stopped_on_each.run("rollback", "shop", "--to", "1").returncode == 0
    assert stopped_on_each.run("activate", "shop", "--version", "1", "--draft").returncode == 2

    made = await written(stopped_on_each, lambda tx: versions.activations_of(tx, endpoint.id))
    assert [each.reason.value for each in reversed(made)] == [
        "created",
        "activated",
        "rolled_back",
        "activated",
        "rolled_back",
    ]
    assert made[3].failing == 1 and made[3].author.startswith("cli:") and made[3].reason is ActivationReason.ACTIVATED

    shown = stopped_on_each.run("history", "shop")
    assert shown.returncode == 0 and "wrong words" in shown.stdout
    assert "\x1b" not in shown.stdout and "\\x1b[2J" in shown.stdout
    listed = json.loads(stopped_on_each.run("history", endpoint.id, "--json").stdout)
    assert (listed["active"], listed["draft"]) == (1, None)
    assert [(each["number"], each["origin"]) for each in listed["versions"]] == [(2, "command_line"), (1, "page")]
    assert [each["version"] for each in listed["activations"]] == [1, 2, 1, 2, 1]


async def test_a_running_server_serves_what_was_pushed(stopped_on_each: Running, tmp_path: Path) -> None:
    with stopped_on_each as hookbench:
        endpoint = await an_endpoint(hookbench)
        folder = pulled(hookbench, endpoint, tmp_path / "shop")
        assert await sent_text(hookbench, endpoint, 1) == "paid"
        (folder / "transform.js").write_text(NEW_CODE)
        case = folder / "cases/a-payment.json"
        case.write_text(case.read_text().replace('"equals": "paid"', '"equals": "paid in full"'))
        done = hookbench.run("push", str(folder), "--activate", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        time.sleep(FRESH_SECONDS)  # as long as the server may use what it read before
        assert await sent_text(hookbench, endpoint, 2) == "paid in full"
        assert "Traceback" not in hookbench.log


async def sent_text(hookbench: Running, endpoint: Endpoint, number: int) -> str:
    """What the server makes of an event that it receives now, its ``number``-th."""
    sent = hookbench.run("send", "payment.succeeded", "--source", "Files")
    assert sent.returncode == 0, sent.stderr
    deadline = time.monotonic() + 15
    while True:
        made = await written(hookbench, lambda tx: attempts.page(tx, Search(endpoint_id=endpoint.id)))
        if len(made) == number and made[0].request:
            return str(json.loads(made[0].request.body)["text"])
        assert time.monotonic() < deadline, hookbench.log
        await asyncio.sleep(0.1)
