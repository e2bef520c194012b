"""What goes wrong is said in one sentence: as a page, as a fragment, or as JSON."""

import re
from pathlib import Path

from newcomer import newcomer


async def test_an_address_with_nothing_at_it(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/nothing/here")
        assert answer.status_code == 404
        assert "There is nothing at this address." in answer.text
        assert "<html" in answer.text


async def test_a_program_gets_json(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/nothing", headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()) == (404, {"error": "There is nothing at this address."})


async def test_htmx_gets_a_fragment(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.get("/nothing", headers={"hx-request": "true", "hx-request-type": "partial"})
        assert answer.status_code == 404
        assert "There is nothing at this address." in answer.text
        assert "<html" not in answer.text


async def test_a_method_that_an_address_does_not_take(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/healthz")
        assert answer.status_code == 405
        assert "does not take such a request" in answer.text


async def test_a_form_that_is_too_large(tmp_path: Path) -> None:
    async with newcomer(tmp_path) as visitor:
        answer = await visitor.post("/login", data={"name": "x" * (4 * 1024 * 1024)})
        assert answer.status_code == 413
        assert "This is too large." in answer.text


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
