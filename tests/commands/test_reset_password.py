"""``hookbench reset-password``: a new password for whoever forgot theirs, beside a server that runs."""

import os
import pty
import select
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from running import Running

NAME, OLD, NEW = "ada", "correct horse battery", "four other words here"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    return {} if request.param == "sqlite" else {"HOOKBENCH_DATABASE": request.getfixturevalue("postgres_url")}


def signed_in(browser: httpx.Client) -> bool:
    return browser.get("/test/endpoints").status_code == 200


def signs_in(hookbench: Running, password: str) -> bool:
    with httpx.Client(base_url=hookbench.url) as browser:
        browser.post("/login", data={"name": NAME, "password": password, "next": ""})
        return signed_in(browser)


def set_up(hookbench: Running, browser: httpx.Client) -> None:
    assert hookbench.setup_url
    token = hookbench.setup_url.partition("token=")[2]
    browser.post("/setup", data={"token": token, "name": NAME, "password": OLD, "repeated": OLD})
    assert signed_in(browser)


def resets(hookbench: Running, password: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*hookbench.command, "reset-password", "--password-stdin", *options],
        env=hookbench.environment,
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_works_while_the_server_runs_and_ends_every_session(tmp_path: Path, settings: dict[str, str]) -> None:
    with Running(tmp_path / "data", settings) as hookbench, httpx.Client(base_url=hookbench.url) as browser:
        nobody = resets(hookbench, NEW)
        assert nobody.returncode == 2 and "There is no account yet." in nobody.stderr
        set_up(hookbench, browser)

        done = resets(hookbench, NEW)

        assert done.returncode == 0, done.stderr
        assert f"The password of {NAME} is changed." in done.stdout
        assert NEW not in done.stdout + done.stderr + hookbench.log
        assert not signed_in(browser)
        assert not signs_in(hookbench, OLD)
        assert signs_in(hookbench, NEW)


def test_what_cannot_be_done_is_said_and_changes_nothing(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as hookbench, httpx.Client(base_url=hookbench.url) as browser:
        set_up(hookbench, browser)
        for password, options, words in (
            ("short", (), "Use at least 12 characters."),
            (NEW, ("--name", "bob"), "There is no account 'bob'. Available: ada"),
        ):
            refused = resets(hookbench, password, *options)
            assert refused.returncode == 2 and words in refused.stderr
        assert signed_in(browser)
        assert signs_in(hookbench, OLD)
    elsewhere = Running(tmp_path / "elsewhere")
    assert "There is no Hookbench in the folder" in resets(elsewhere, NEW).stderr


def test_it_asks_twice_and_shows_nothing_of_it(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as hookbench, httpx.Client(base_url=hookbench.url) as browser:
        set_up(hookbench, browser)
        terminal, inside = pty.openpty()
        command = [*hookbench.command, "reset-password"]
        with subprocess.Popen(
            command, env=hookbench.environment, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
        ) as asking:
            os.close(inside)
            shown = read_until(terminal, "New password")
            os.write(terminal, f"{NEW}\n".encode())
            shown += read_until(terminal, "Repeat it")
            os.write(terminal, f"{NEW}\n".encode())
            shown += read_until(terminal, "is changed")
            assert asking.wait(20) == 0
        os.close(terminal)
        assert f"Account: {NAME}" in shown and NEW not in shown
        assert signs_in(hookbench, NEW)


def read_until(terminal: int, words: str) -> str:
    shown, deadline = "", time.monotonic() + 20
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], deadline - time.monotonic())
        assert ready, f"not shown within 20 s: {words}; but: {shown}"
        shown += os.read(terminal, 4096).decode()
    return shown
