"""The address guard: which addresses a delivery may connect to.

Merchants type URLs, and code builds them, so a delivery must not become a way into the network that Hookbench runs in
(server-side request forgery). The table is our own, because Python's ``ipaddress`` calls NAT64-mapped, site-local and
multicast addresses global, and its results changed between patch versions (CVE-2024-4032). Names are judged by the
addresses they resolve to when a delivery connects (``delivery.transport``); ``check_url`` judges what is known while a
person types.
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
"""These hand out credentials, and an operator who allows a range around one rarely means it. Only allowing the exact
address allows it."""

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
        ("64:ff9b:1::/48", TUNNEL),  # a site's own NAT64: we cannot know where it leads
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
"""The first row that contains the address decides, so a narrow row stands above the wider one around it."""

_LOOPBACK = IPv4Address("127.0.0.1")
_PUBLIC_V6 = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = tuple(
    IPv6Network(tunnel) for tunnel in ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The guard, with the networks that the operator allows despite the table."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def allowing(cls, networks: Iterable[str]) -> "AddressRules":
        """The rules for settings such as ``10.0.0.0/8``. Raises ValueError for text that is not a network."""
        return cls(tuple(ip_network(network) for network in networks))

    def refusal(self, address: str) -> Reason | None:
        """The rule that forbids ``address`` (canonical text, as a resolver returns it); ``None`` when it is allowed.

        The sentence names the rule and not the address: a refusal must not reveal what an internal name resolves to.
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
        # In an IPv6-only network NAT64 maps every public IPv4 destination to IPv6, so the embedded address decides.
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

        Checks the syntax, and the host if it is a literal address in any spelling (``2130706433``, ``0x7f.1``,
        fullwidth digits). A name is checked when a delivery connects, by the addresses it resolves to.
        """
        if problem := url_problem(url):
            return problem
        host = _plain(urlsplit(url).hostname or "").rstrip(".")
        literal = _LOOPBACK if host == "localhost" or host.endswith(".localhost") else _literal(host)
        return _with_network(self._judge(literal), literal) if literal else None


def _with_network(rule: Reason | None, literal: Address) -> Reason | None:
    """The rule with the network to allow. Only for an address that is in the URL, so that nothing is revealed."""
    key = {THIS_MACHINE.key: "typed_loopback", PRIVATE.key: "typed_private"}.get(rule.key) if rule else None
    network = next((network for network, _ in _FORBIDDEN if literal in network), None)
    return because(key, network=str(network)) if key and network else rule


def url_problem(url: str) -> Reason | None:
    """What is wrong with the syntax of a URL, wherever it leads; ``None`` if nothing is."""
    if not url:
        return because("url_empty")
    if len(url) > MAX_URL:
        return because("url_too_long", limit=MAX_URL)
    return _misspelled(url)


@lru_cache(maxsize=256)
def _misspelled(url: str) -> Reason | None:
    """As ``url_problem``. Cached, because an endpoint's events mostly go to the same URL."""
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
    """Whether a host has an empty label, or a percent escape that other programs decode to another host."""
    return ":" not in host and ("%" in host or "" in _plain(host).removesuffix(".").split("."))


def _is_name(host: str) -> bool:
    """Whether a host can be looked up. Only internationalised names, in Unicode or ``xn--`` form, can fail."""
    if host.isascii() and "xn--" not in host:
        return True
    try:
        idna.encode(host.lower().rstrip("."))  # as httpx does, so that an accepted URL can be sent to
    except idna.IDNAError:
        return False
    return True


def host_of(url: str) -> str:
    """The host of a URL, for logs, because the rest may be a secret; empty when it cannot be read."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def fixed_addresses(entries: Iterable[str]) -> dict[tuple[str, int], tuple[str, int]]:
    """(host, port) to (address, port), from entries like those of ``curl --resolve``: ``host:port:address[:port]``.

    An IPv6 address is in brackets. Raises ValueError for an entry that cannot be read.
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
    """The host in lower case, with fullwidth, circled and ideographic characters replaced as a name look-up does."""
    return normalize("NFKC", host).replace("\u3002", ".").replace("\uff61", ".").lower()


def _literal(host: str) -> Address | None:
    """The address that a host spells, in any form that systems accept; ``None`` for a name."""
    try:
        return ip_address(host.rstrip(".").partition("%")[0])
    except ValueError:
        return _read_by_libc(host)


def _read_by_libc(host: str) -> IPv4Address | None:
    """As ``inet_aton``: one to four decimal, octal or hexadecimal numbers; the last one fills the remaining bytes."""
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
    """The IPv4 addresses that a tunnel address may lead to; empty for any other address.

    Allowing a range of tunnel addresses must not give access to an address that has to be allowed exactly.
    """
    if isinstance(address, IPv4Address) or not any(address in tunnel for tunnel in _TUNNELS):
        return ()
    bits = int(address)
    last = bits & 0xFFFFFFFF
    # 6to4 has it after its prefix, Teredo inverted at the end, NAT64 with a /48 around the byte at bit 64 (RFC 6052).
    split = (bits >> 64 & 0xFFFF) << 16 | (bits >> 40 & 0xFFFF)
    return tuple(IPv4Address(each) for each in (last, last ^ 0xFFFFFFFF, bits >> 80 & 0xFFFFFFFF, split))


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address embedded in an IPv6 address, which a connection would reach; ``None`` if there is none."""
    if isinstance(address, IPv4Address):
        return None
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
