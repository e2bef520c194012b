"""Which host names belong to this server.

Another site can point its own name at our address (DNS rebinding); its pages could then read whatever a browser behind
our firewall can. It cannot do that with an IP address or with a name that is not its own.
"""

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

SENTENCE = (
    "Hookbench does not answer to the name {name}. If people are meant to open it under that name, "
    "set HOOKBENCH_PUBLIC_URL, or HOOKBENCH_ALLOWED_HOSTS={name}, and start it again."
)


class Hosts:
    """Checks ``Host`` headers: allows IP addresses, loopback names, and the names in the settings."""

    def __init__(self, public_url: str, listens_on: str, named: Iterable[str]) -> None:
        machine = socket.gethostname().lower()
        public = urlsplit(public_url).hostname or ""
        every = ["localhost", machine, f"{machine}.local", listens_on, public, *(name_in(one) for one in named)]
        self._names = frozenset(name.lower().rstrip(".") for name in every if name)

    def allow(self, header: str) -> bool:
        name = name_in(header)
        return name in self._names or name.endswith(".localhost") or _is_address(name)


def name_in(header: str) -> str:
    """The name or address in a ``Host`` header: lower case, without port, brackets and final dot."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
