"""Measures a start as a sender sees it: from the command to the first event that is acknowledged."""

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

from builders import SECRET

from pipeline.candidates import Hookbench
from pipeline.load import Requests

PAUSE_SECONDS = 0.005
GIVE_UP_SECONDS = 120.0


def seconds_to_first_event(candidate: Hookbench) -> float:
    """Start a server in a new process and stop it again. Senders try all the time."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        candidate.running.port = free.getsockname()[1]
    acknowledged: list[float] = []
    sender = threading.Thread(target=_send, args=(f"{candidate.running.url}/in/{candidate.source.token}", acknowledged))
    began = time.perf_counter()
    sender.start()
    with candidate:
        sender.join()
    assert acknowledged, "no event was acknowledged"
    return acknowledged[0] - began


def _send(address: str, acknowledged: list[float]) -> None:
    parts, requests = urlsplit(address), Requests(address, SECRET)
    gives_up = time.perf_counter() + GIVE_UP_SECONDS
    while time.perf_counter() < gives_up:
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
                connection.sendall(requests.new())
                response = http.client.HTTPResponse(connection)
                response.begin()
        except OSError:
            time.sleep(PAUSE_SECONDS)
            continue
        if response.status == 200:
            acknowledged.append(time.perf_counter())
            return
        time.sleep(PAUSE_SECONDS)
