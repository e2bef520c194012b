"""What goes wrong is said in one sentence: as a page, as a fragment, or as JSON."""

import asyncio
import re
from pathlib import Path

import uvicorn
from newcomer import newcomer
from starlette.requests import Request
from starlette.responses import Response

from server.api.connections import ConnectionLimiter
from server.api.intake import IntakeFirst
from server.api.protocol import protocol_for
from server.app import create_app
from server.settings import Settings


async def test_an_address_with_nothing_at_it(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/nothing/here")
        assert answer.status_code == 404
        assert "This page does not exist." in answer.text
        assert "<html" in answer.text


async def test_a_program_gets_json(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/nothing", headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()) == (404, {"error": "This page does not exist."})


async def test_htmx_gets_a_fragment(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/nothing", headers={"hx-request": "true", "hx-request-type": "partial"})
        assert answer.status_code == 404
        assert "This page does not exist." in answer.text
        assert "<html" not in answer.text


async def test_a_method_that_an_address_does_not_take(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/healthz")
        assert answer.status_code == 405
        assert "does not accept this kind of request" in answer.text


async def test_a_form_that_is_too_large(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", data={"name": "x" * (4 * 1024 * 1024)})
        assert answer.status_code == 413
        assert "The request is too large." in answer.text


async def test_a_fault_of_ours_is_found_in_the_log_by_the_id_on_the_page(tmp_path: Path, capsys) -> None:  # type: ignore[no-untyped-def]
    async with newcomer(tmp_path) as visitor:
        await visitor.sets_up()
        secret = "whsec_" + "s" * 40

        @visitor.app.get("/broken")
        async def broken() -> None:
            hidden = secret
            raise RuntimeError(f"something about {len(hidden)}")

        answer = await visitor.get("/broken")
        assert answer.status_code == 500
        found = re.search(r"err_[0-9A-Z]{26}", answer.text)
        assert found
        assert "something about" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
    printed = capsys.readouterr()
    assert found[0] in printed.out + printed.err


async def test_a_connection_that_ends_after_a_failure_says_so(tmp_path: Path) -> None:
    """A proxy would otherwise send its next request on a connection that is being closed."""
    app = create_app(Settings(data=tmp_path / "data"))

    async def breaks(request: Request) -> Response:
        raise ZeroDivisionError

    app.add_route("/breaks", breaks)
    config = uvicorn.Config(
        IntakeFirst(app), port=0, lifespan="on", log_config=None, http=protocol_for(5.0, ConnectionLimiter(100))
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    [port] = [each.getsockname()[1] for one in server.servers for each in one.sockets]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = b"GET /breaks HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n\r\n"
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)  # up to the end of the connection
    writer.close()
    server.should_exit = True
    await running
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 500")
    assert b"connection: close" in head
