"""A canary in every field that may hold a key, every feature used: then none is found in the clear.

Searched are the database with its log and backup, every table, the log, every page, the stream of live pages,
downloads, what commands print, mails, and the environment and command line of every process.
"""

import html
import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from form import a_form, customer_io
from mail_server import mailbox
from newcomer import NAME, PASSWORD
from running import Running, wait_for
from site_under_test import in_test
from sqlalchemy import create_engine, inspect, text

from server.store.compression import unpack


def whsec(name: str) -> str:
    return "whsec_" + b64encode(f"Canary{name}".ljust(33, "7").encode()).decode()


CANARIES = {
    "source": whsec("Source"),
    "source before": whsec("SourceBefore"),
    "endpoint": whsec("Endpoint"),
    "endpoint before": whsec("EndpointBefore"),
    "credential": "canary0credential9f8e7d",
    "variable": 'canary1variable "9f8e/7d',
    "header": "canary2header9f8e7d",
    "bearer": "canary3bearer9f8e7d",
    "basic": "canary4basic9f8e7d",
    "url": "canary5url9f8e7d",
    "query": "canary6query9f8e7d",
    "webhook": "canary7webhook9f8e7d",
    "short": "swordfish",
}
CODE = """
const handler = (w) => {
  console.log('seen', w.env, w.url, w.env.API_KEY.slice(0, 40));
  if (w.eventType === 'payment.failed') throw new Error('no: ' + w.env.API_KEY + ' ' + btoa(w.env.API_KEY));
  w.headers['Accept-Language'] = w.env.PASSWORD;
  w.payload = { key: w.env.API_KEY, coded: btoa('x:' + w.env.API_KEY), uri: encodeURIComponent(w.env.API_KEY),
                nested: JSON.stringify({ key: w.env.API_KEY }), password: w.env.PASSWORD, url: w.url };
  w.url = w.url + '&again=' + encodeURIComponent(w.env.API_KEY);
  return w;
};
"""


class _Echo(BaseHTTPRequestHandler):
    """Answers with all that it got: line, headers and body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        said = f"{self.path}\n{self.headers}\n".encode() + body
        self.server.got.append(said)  # type: ignore[attr-defined]
        self.send_response(200 if self.path.startswith("/ok") else 500)
        self.send_header("content-length", str(len(said)))
        self.send_header("x-echo", self.headers.get("x-api-key", ""))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def echoing() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.got = []  # type: ignore[attr-defined]
    server.block_on_close = False  # kept connections end with the test
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def spellings() -> dict[str, list[str]]:
    """How each canary would be seen: its own core, and what is left of it in base64 and hexadecimal."""
    found = {}
    for name, canary in CANARIES.items():
        core = canary.removeprefix("whsec_")
        raw = core.encode()
        shifted = [b64encode(b"\0" * skip + raw).decode()[(0, 2, 3)[skip] :][:14] for skip in range(3)]
        found[name] = [core, json.dumps(core)[1:-1], html.escape(core), raw.hex(), *shifted]
    return found


SPELLINGS = spellings()


def seen_in(place: str, content: str | bytes) -> list[str]:
    content = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    return [f"{name} in {place}" for name, forms in SPELLINGS.items() if any(form in content for form in forms)]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def test_no_canary_is_seen_anywhere(tmp_path: Path, database: str) -> None:
    with echoing() as echo, mailbox() as box:
        settings = {
            "HOOKBENCH_ALLOW_NETWORKS": "127.0.0.0/8",
            "HOOKBENCH_SMTP_HOST": "localhost",
            "HOOKBENCH_SMTP_PORT": str(box.port),
            "HOOKBENCH_SMTP_TLS": "none",
            "HOOKBENCH_SMTP_FROM": "hookbench@example.com",
        } | ({"HOOKBENCH_DATABASE": database} if database else {})
        with Running(tmp_path / "data", settings, cold=True) as hookbench:  # its environment is what it was given
            printed, live = use_everything(hookbench, f"http://127.0.0.1:{echo.server_port}", box)
            # The true values went out: what is masked is the record.
            sent = "\n".join(html.unescape(said.decode()) for said in echo.got)  # type: ignore[attr-defined]
            for name in ("header", "url", "query", "short"):
                assert CANARIES[name] in sent
            assert json.dumps(CANARIES["variable"]) in sent
            found = seen_in("live pages", live) + seen_in("commands", printed)
            found += pages(hookbench)
            for process in (
                psutil.Process(hookbench.process.pid),
                *psutil.Process(hookbench.process.pid).children(True),
            ):
                found += seen_in(f"process {process.pid}", "\n".join([*process.cmdline(), *process.environ().values()]))
            found += files(tmp_path)  # while the log of the database is there
        found += files(tmp_path)
        found += seen_in("log", hookbench.log)
        for mail in box.got:
            found += seen_in("mail", mail.as_string())
        assert len(box.got) >= 1
    url = database or f"sqlite:///{tmp_path / 'data' / 'hookbench.db'}"
    engine = create_engine(url)
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                values = [
                    unpack(value).decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                ]
                found += seen_in(f"table {table}", "\n".join(values))
    engine.dispose()
    assert sorted(set(found)) == []


def files(folder: Path) -> list[str]:
    return [
        one
        for file in folder.rglob("*")
        if file.is_file() and not file.is_symlink()
        for one in seen_in(file.name, file.read_bytes())
    ]


BROWSER = {"accept": "text/html", "sec-fetch-site": "same-origin"}


def use_everything(hookbench: Running, echo: str, box: Any) -> tuple[str, str]:
    """What commands printed, and what the stream of live pages said."""
    with httpx.Client(base_url=hookbench.url, headers=BROWSER, timeout=30) as browser:
        assert hookbench.setup_url
        token = hookbench.setup_url.partition("token=")[2]
        form = {"token": token, "name": NAME, "password": PASSWORD, "repeated": PASSWORD}
        assert browser.post(in_test("/setup"), data=form).status_code == 303
        source = re.findall(r"/sources/(src_\w+)/address", browser.get(in_test("/sources")).text)[0]
        for secret in ("source before", "source"):
            assert (
                browser.post(in_test(f"/sources/{source}/secret"), data={"secret": CANARIES[secret]}).status_code == 303
            )
        alerts = {
            "kinds": ["transformation.failing", "message.exhausted"],
            "addresses": "ops@example.com",
            "webhook_url": f"{echo}/{CANARIES['webhook']}",
        }
        assert browser.post(in_test("/settings/alerts"), data=alerts).status_code == 303
        browser.post(in_test("/settings/alerts/test-mail"), data=alerts)
        browser.post(in_test("/settings/alerts/test-webhook"), data={"webhook_kept": "on"})
        made = [create(browser, one) for one in endpoints(echo)]
        first = f"/endpoints/{made[0]}"
        for secret in ("endpoint before", "endpoint"):
            assert browser.post(in_test(f"{first}/secret"), data={"secret": CANARIES[secret]}).status_code == 303
        live: list[str] = []
        watching = threading.Thread(target=watch, args=(hookbench, dict(browser.cookies), live), daemon=True)
        watching.start()
        printed = [hookbench.run("send", kind).stdout for kind in ("payment.succeeded", "payment.failed")]

        def attempts() -> int:
            return browser.get(in_test("/logs?view=attempts")).text.count("/messages/msg_")

        wait_for(lambda: attempts() >= 2 * len(made), seconds=30, what="the deliveries")
        test = {"endpoint": made[0], "code": CODE, "transforming": "on", "event_type": "payment.succeeded",
                "payload": '{"a": 1}', "variables_key": ["API_KEY", "PASSWORD"], "variables_value": ["", ""],
                "variables_was": ["API_KEY", "PASSWORD"]}  # fmt: skip
        for event_type in ("payment.succeeded", "payment.failed"):
            tried = browser.post(in_test("/transformations/try"), data=test | {"event_type": event_type})
            assert tried.status_code == 200
            live.append(tried.text)
        browser.post(in_test(f"{first}/example"), data={"event_type": "payment.succeeded"})
        messages = re.findall(r"/messages/(msg_\w+)", browser.get(in_test("/logs")).text)
        shown = "".join(browser.get(in_test(f"/messages/{each}")).text for each in messages)
        deliveries = re.findall(r"/deliveries/(dlv_\w+)/resend", shown)
        # Not one that is under way.
        assert 303 in {browser.post(in_test(f"/deliveries/{each}/resend")).status_code for each in deliveries}
        wait_for(lambda: len(box.got) >= 2, seconds=30, what="a mail about code that fails")
        revealing = {"what": f"endpoint/{made[0]}/secret"}
        assert browser.post(in_test("/reveal"), data=revealing | {"password": "not the password"}).status_code == 422
        assert CANARIES["endpoint"] in html.unescape(
            browser.post(in_test("/reveal"), data=revealing | {"password": PASSWORD}).text
        )
        hookbench.cookies = dict(browser.cookies)  # type: ignore[attr-defined]
    for command in (("doctor",), ("keys", "list"), ("keys", "rotate"), ("keys", "list")):
        ended = hookbench.run(*command)
        printed.append(ended.stdout + ended.stderr)
    return "\n".join(printed), "\n".join(live)


def endpoints(echo: str) -> list[dict[str, Any]]:
    """The form of an endpoint for each way in which a secret gets into a request."""
    names, values = ["API_KEY", "PASSWORD"], [CANARIES["variable"], CANARIES["short"]]
    headers = {
        "headers_key": ["X-Api-Key", "X-Auth", "X-Other"],
        "headers_value": [
            CANARIES["header"],
            "Bearer " + CANARIES["bearer"],
            "Basic " + b64encode(f"ada:{CANARIES['basic']}".encode()).decode(),
        ],
    }
    address = {"url": f"{echo}/ok/{CANARIES['url']}?token={CANARIES['query']}"}
    variables = {"variables_key": names, "variables_value": values, "code": CODE}
    return [
        a_form(**address, **variables, **headers),
        a_form(**address, **variables, **headers, destination="capture", description="captured"),
        a_form(**address, **headers, transforming=None, description="as received"),
        customer_io(
            credentials__api_key=CANARIES["credential"], destination="capture", description="customer", **variables
        ),
    ]


def create(browser: httpx.Client, form: dict[str, Any]) -> str:
    answer = browser.post(in_test("/endpoints"), data=form)
    assert answer.status_code == 303, answer.text
    return str(re.search(r"ep_\w+", answer.headers["location"])[0])  # type: ignore[index]


def watch(hookbench: Running, cookies: dict[str, str], heard: list[str]) -> None:
    """What the stream of a live page says, until the server ends it."""
    with (
        httpx.Client(cookies=cookies, headers=BROWSER) as browser,
        browser.stream("GET", f"{hookbench.url}/live", timeout=httpx.Timeout(10, read=5)) as stream,
    ):
        try:
            heard.extend(stream.iter_text())
        except (TimeoutError, httpx.HTTPError, OSError):
            return


def pages(hookbench: Running) -> list[str]:
    """Every page that a link leads to, and every download."""
    found, done, waiting = (
        [],
        set(),
        ["/endpoints", "/logs", "/logs?view=attempts", "/inspector", "/settings", "/sources"],
    )
    with httpx.Client(
        base_url=hookbench.url,
        headers=BROWSER,
        cookies=hookbench.cookies,
        timeout=30,  # type: ignore[attr-defined]
    ) as browser:
        while waiting and len(done) < 400:
            path = waiting.pop()
            if path in done:
                continue
            done.add(path)
            answer = browser.get(in_test(path), follow_redirects=True)
            found += seen_in(path, html.unescape(answer.text))
            if "html" in answer.headers.get("content-type", ""):
                links = [html.unescape(link) for link in re.findall(r'(?:href|hx-get)="(/[^"#]*)', answer.text)]
                waiting += [link for link in links if not link.startswith(("/static", "/events", "/docs"))]
    assert len(done) > 30
    return found
