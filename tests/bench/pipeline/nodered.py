"""Node-RED doing the same job: HTTP in, a function with the same code, HTTP out.

It stores nothing: it answers 202 before the work, and neither verifies signatures nor retries. ``npm`` installs it into
``build/node-red`` at the first run, where it stays.
"""

import json
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import httpx
import psutil
from running import wait_for

from pipeline import job

VERSION = "4.1.8"
"""The newest that runs with Node 18 and 20; 5 needs Node 22."""
FOLDER = Path(__file__).parents[3] / "build" / "node-red"
PROGRAM = FOLDER / "node_modules" / "node-red" / "red.js"
INSTALL_SECONDS = 600.0

FUNCTION = """
const { url, headers, payload } = handler({
  eventType: msg.payload.type, url: "", method: "POST", headers: {}, payload: msg.payload,
});
return { url, method: "POST", headers, payload };
"""


class CannotInstall(Exception):
    """The text is a sentence that says why."""


class NodeRed:
    def __init__(self, url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-node-red-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        settings = {
            "flowFile": "flows.json",
            "uiHost": "127.0.0.1",
            "uiPort": self.port,
            "httpAdminRoot": False,
            "httpNodeRoot": "/",
            "logging": {"console": {"level": "warn"}},
            "telemetry": {"enabled": False},
            "apiMaxLength": "2mb",
        }
        (self.folder / "settings.js").write_text(f"module.exports = {json.dumps(settings)};")
        (self.folder / "flows.json").write_text(json.dumps(_flow(url)))
        self.addresses = [f"http://127.0.0.1:{self.port}/in"]

    def __enter__(self) -> "NodeRed":
        command = ["node", str(PROGRAM), "-u", str(self.folder), "-s", str(self.folder / "settings.js")]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(self._answers, seconds=60, what="Node-RED")
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settled(self) -> bool:
        return True  # it keeps no record of what it does

    def servers(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid)]

    def _answers(self) -> bool:
        try:
            content = job.body("pay_of_no_run")
            headers = {"content-type": "application/json"}
            return httpx.post(self.addresses[0], content=content, headers=headers, trust_env=False).status_code == 202
        except httpx.TransportError:
            return False


def install() -> None:
    """Install Node-RED unless it is there. Raises ``CannotInstall``."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise CannotInstall("Node-RED is left out: it needs node and npm, which are not installed.")
    if _installed():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"installing Node-RED {VERSION} into {FOLDER} …", flush=True)
    command = ["npm", "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", f"node-red@{VERSION}"]
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"Node-RED is left out: npm did not install it within {INSTALL_SECONDS:.0f} s.") from None
    if done.returncode or not _installed():
        reason = (done.stderr.strip().splitlines() or ["it printed nothing"])[0]
        raise CannotInstall(f"Node-RED is left out: npm could not install it ({reason}).")


def _installed() -> bool:
    description = PROGRAM.with_name("package.json")
    return PROGRAM.exists() and json.loads(description.read_text(encoding="utf-8"))["version"] == VERSION


def _flow(url: str) -> list[dict[str, object]]:
    return [
        {"id": "tab", "type": "tab", "label": "bench", "disabled": False},
        {"id": "in", "type": "http in", "z": "tab", "url": "/in", "method": "post", "wires": [["answer", "code"]]},
        {"id": "answer", "type": "http response", "z": "tab", "statusCode": "202", "headers": {}, "wires": []},
        {"id": "code", "type": "function", "z": "tab", "func": job.code(url) + FUNCTION, "wires": [["out"]]},
        {
            "id": "out", "type": "http request", "z": "tab", "method": "use", "ret": "txt", "paytoqs": "ignore",
            "persist": True, "wires": [[]],
        },
    ]  # fmt: skip
