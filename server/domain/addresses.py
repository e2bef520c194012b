"""The address guard: which addresses a delivery may connect to.

A merchant types URLs, and code builds them, so a delivery must not become a way into the network that Hookbench itself
stands in. The table is our own: Python's ``ipaddress`` calls NAT64 wraps, site-local and multicast addresses global,
and its answers changed between patch versions (CVE-2024-4032). Names are judged by what they resolve to, at the moment
of connecting (``delivery.transport``); what can be judged while a person types is judged in ``check_url``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from unicodedata import normalize
from urllib.parse import urlsplit

import idna

from server.domain.reasons import Reason, because

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL = 2048

THIS_MACHINE = because("address_loopback")
PRIVATE = because("address_private")
SHARED = because("address_shared")
LINK_LOCAL = because("address_link_local")
METADATA = because("address_metadata")
MULTICAST = because("address_multicast")
DOCUMENTATION = because("address_documentation")
TUNNEL = because("address_tunnel")
RESERVED = because("address_reserved")

_NEVER_BY_RANGE: tuple[tuple[Network, Reason], ...] = tuple(
    (ip_network(network), rule)
    for network, rule in (
        ("169.254.0.0/16", LINK_LOCAL),
        ("fe80::/10", LINK_LOCAL),
        ("168.63.129.16/32", METADATA),  # Azure
        ("100.100.100.200/32", METADATA),  # Alibaba Cloud, inside the shared network below
        ("192.0.0.192/32", METADATA),  # Oracle Cloud
        ("fd00:ec2::254/128", METADATA),  # AWS over IPv6
        ("fd20:ce::254/128", METADATA),  # Google Cloud over IPv6
    )
)
"""Whoever allows a whole range rarely means these: they hand out credentials. Only the exact address allows one."""

_FORBIDDEN: tuple[tuple[Network, Reason], ...] = tuple(
    (ip_network(network), rule)
    for network, rule in (
        ("0.0.0.0/8", THIS_MACHINE),  # "this network": Linux connects 0.0.0.0 to loopback
        ("10.0.0.0/8", PRIVATE),
        ("100.64.0.0/10", SHARED),
        ("127.0.0.0/8", THIS_MACHINE),
        ("172.16.0.0/12", PRIVATE),
        ("192.0.0.0/24", RESERVED),
        ("192.0.2.0/24", DOCUMENTATION),
        ("192.88.99.0/24", TUNNEL),  # 6to4 relays
        ("192.168.0.0/16", PRIVATE),
        ("198.18.0.0/15", DOCUMENTATION),  # benchmarks
        ("198.51.100.0/24", DOCUMENTATION),
        ("203.0.113.0/24", DOCUMENTATION),
        ("224.0.0.0/4", MULTICAST),
        ("255.255.255.255/32", MULTICAST),
        ("240.0.0.0/4", RESERVED),
        ("::1/128", THIS_MACHINE),
        ("::/128", THIS_MACHINE),
        ("::/96", TUNNEL),  # IPv4-compatible, long deprecated
        ("::ffff:0:0:0/96", TUNNEL),  # IPv4-translated
        ("64:ff9b:1::/48", TUNNEL),  # a site's own NAT64: where it leads is not ours to know
        ("100::/64", RESERVED),  # discarded
        ("fc00::/7", PRIVATE),  # unique local
        ("fec0::/10", PRIVATE),  # site-local, deprecated
        ("ff00::/8", MULTICAST),
        ("2001::/32", TUNNEL),  # Teredo
        ("2001:db8::/32", DOCUMENTATION),
        ("2001::/23", RESERVED),  # protocol assignments: ORCHID, benchmarks
        ("2002::/16", TUNNEL),  # 6to4
        ("3ffe::/16", RESERVED),  # 6bone, given back
        ("3fff::/20", DOCUMENTATION),
    )
)
"""The first row that holds the address names the rule, so a narrow row stands above the wider one around it."""

_LOOPBACK = IPv4Address("127.0.0.1")
_PUBLIC_V6 = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = tuple(
    IPv6Network(tunnel) for tunnel in ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The guard, with the networks that the operator allows in spite of the table."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def allowing(cls, networks: Iterable[str]) -> "AddressRules":
        """From settings such as ``10.0.0.0/8``. Raises ValueError for text that is no network."""
        return cls(tuple(ip_network(network) for network in networks))

    def refusal(self, address: str) -> Reason | None:
        """The rule that forbids connecting to ``address`` (canonical text, as a resolver gives it); ``None`` allows it.

        The sentence names the rule and not the address: a refusal must not answer what an internal name resolves to.
        """
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return RESERVED
        return self._judge(parsed)

    def _judge(self, address: Address) -> Reason | None:
        for network, rule in _NEVER_BY_RANGE:
            if address in network:
                return None if ip_network(address) in self.allowed else rule
        if any(inner in network for inner in _hidden(address) for network, _ in _NEVER_BY_RANGE):
            return None if ip_network(address) in self.allowed else TUNNEL
        # In an IPv6-only network every public IPv4 destination arrives wrapped by NAT64: the wrapped address decides.
        if embedded := _embedded(address):
            return self._judge(embedded)
        if any(address in network for network in self.allowed):
            return None
        for network, rule in _FORBIDDEN:
            if address in network:
                return rule
        return RESERVED if address.version == 6 and address not in _PUBLIC_V6 else None

    def check_url(self, url: str) -> Reason | None:
        """What is wrong with a URL that a person typed or code built; ``None`` when a delivery may be tried.

        Judges the form, and the address if it is written out as one, in whatever spelling (``2130706433``, ``0x7f.1``,
        fullwidth digits). A name is judged by what it leads to when a delivery connects.
        """
        if problem := url_problem(url):
            return problem
        host = _plain(urlsplit(url).hostname or "").rstrip(".")
        literal = _LOOPBACK if host == "localhost" or host.endswith(".localhost") else _literal(host)
        return self._judge(literal) if literal else None


def url_problem(url: str) -> Reason | None:
    """What is wrong with the form of a URL, wherever it leads."""
    if not url:
        return because("url_empty")
    if len(url) > MAX_URL:
        return because("url_too_long", limit=MAX_URL)
    return _misspelled(url)


@lru_cache(maxsize=256)
def _misspelled(url: str) -> Reason | None:
    """Kept for the last ones, since an endpoint's events mostly go to one and the same URL."""
    if re.search(r"[\s\x00-\x20\x7f-\x9f\\]|[\ud800-\udfff]", url):
        return because("url_bad_characters")
    if not re.match(r"https?://", url, re.IGNORECASE):
        return because("url_scheme")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return because("url_host")
    if "@" in parts.netloc:
        return because("url_password")
    if not host or port == 0 or _is_odd(host) or not _is_name(host):
        return because("url_host")
    return None


def _is_odd(host: str) -> bool:
    """Whether a host has an empty name between its dots, or one that another reader would decode to something else."""
    return ":" not in host and ("%" in host or "" in _plain(host).removesuffix(".").split("."))


def _is_name(host: str) -> bool:
    """Whether a host in letters of other alphabets, or in their ``xn--`` form, can be looked up at all."""
    if host.isascii() and "xn--" not in host:
        return True
    try:
        idna.encode(host.lower().rstrip("."))  # as httpx does, so that what is accepted can be sent
    except idna.IDNAError:
        return False
    return True


def host_of(url: str) -> str:
    """The host, for logs: the rest of a URL may be a secret. Empty when there is none to read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def fixed_addresses(entries: Iterable[str]) -> dict[tuple[str, int], tuple[str, int]]:
    """(host, port) to (address, port), from entries such as ``curl --resolve`` takes: ``host:port:address[:port]``.

    An IPv6 address stands in brackets. Raises ValueError for an entry that cannot be read.
    """
    fixed: dict[tuple[str, int], tuple[str, int]] = {}
    for entry in entries:
        parts = re.fullmatch(r"([^:\s]+):(\d{1,5}):(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(\d{1,5}))?", entry.strip())
        if parts is None:
            raise ValueError(f"{entry!r} is not host:port:address or host:port:address:port")
        host, port, v6, v4, to_port = parts.groups()
        fixed[host.lower().rstrip("."), int(port)] = (str(ip_address(v6 or v4)), int(to_port or port))
    return fixed


def _plain(host: str) -> str:
    """The host with the letters, digits and dots that look-ups make of their wide, circled and ideographic forms."""
    return normalize("NFKC", host).replace("\u3002", ".").replace("\uff61", ".").lower()


def _literal(host: str) -> Address | None:
    """The address that a host is, in any spelling that systems read as one."""
    try:
        return ip_address(host.rstrip(".").partition("%")[0])
    except ValueError:
        return _read_by_libc(host)


def _read_by_libc(host: str) -> IPv4Address | None:
    """One to four numbers, decimal, octal or hexadecimal, of which the last fills what is left: as ``inet_aton``."""
    parts = host.split(".")
    if len(parts) > 4 or not all(re.fullmatch(r"0x[0-9a-f]{0,16}|[0-9]{1,16}", part) for part in parts):
        return None
    try:
        *heads, last = (_number(part) for part in parts)
    except ValueError:
        return None
    if any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
        return None
    return IPv4Address(sum(head << 8 * (3 - place) for place, head in enumerate(heads)) + last)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def _hidden(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that the refused tunnels of an IPv6 address may lead to: even where an operator allows a range
    around them, they must not open what only an exact address opens."""
    if isinstance(address, IPv4Address) or not any(address in tunnel for tunnel in _TUNNELS):
        return ()
    bits = int(address)
    last = bits & 0xFFFFFFFF
    # 6to4 holds it after its prefix, Teredo inverted at the end, NAT64 with a /48 around the byte at 64 (RFC 6052).
    split = (bits >> 64 & 0xFFFF) << 16 | (bits >> 40 & 0xFFFF)
    return tuple(IPv4Address(each) for each in (last, last ^ 0xFFFFFFFF, bits >> 80 & 0xFFFFFFFF, split))


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address merely wraps; it is the one that would be reached."""
    if isinstance(address, IPv4Address):
        return None
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
