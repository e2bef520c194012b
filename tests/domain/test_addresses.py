"""The address guard refuses everything that is not the public internet, unless the operator allows it."""

from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.addresses import (
    DOCUMENTATION,
    LINK_LOCAL,
    METADATA,
    MULTICAST,
    PRIVATE,
    RESERVED,
    SHARED,
    THIS_MACHINE,
    TUNNEL,
    AddressRules,
    fixed_addresses,
    host_of,
    url_problem,
)

RULES = AddressRules()

FORBIDDEN = [
    (
        THIS_MACHINE,
        ["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::", "::ffff:127.0.0.1", "64:ff9b::7f00:1"],
    ),
    (
        PRIVATE,
        [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "fc00::1",
            "fdab::1",
            "fec0::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
        ],
    ),
    (SHARED, ["100.64.0.1", "100.127.255.255", "::ffff:100.64.0.1"]),
    (
        LINK_LOCAL,
        [
            "169.254.169.254",
            "169.254.0.1",
            "fe80::1",
            "fe80::1%eth0",
            "febf::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
        ],
    ),
    (
        METADATA,
        ["168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "::ffff:168.63.129.16"],
    ),
    (MULTICAST, ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1", "ff0e::1"]),
    (DOCUMENTATION, ["192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]),
    (
        TUNNEL,
        [
            "2002:a9fe:a9fe::1",
            "2001:0:53aa:64c::1",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b:1::a00:1",
            "192.88.99.1",
        ],
    ),
    (
        RESERVED,
        [
            "240.0.0.1",
            "192.0.0.8",
            "100::1",
            "2001:2::1",
            "2001:20::1",
            "3ffe::1",
            "4000::1",
            "5f00::1",
            "200::1",
            "1::1",
        ],
    ),
]


@pytest.mark.parametrize(("address", "rule"), [(address, rule) for rule, found in FORBIDDEN for address in found])
def test_a_forbidden_address_is_refused_by_its_rule(address, rule):
    assert RULES.refusal(address) == rule
    assert address not in str(rule)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "169.253.1.1",
        "192.167.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_a_public_address_is_allowed(address):
    assert RULES.refusal(address) is None


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "2130706433", "0x7f000001", "1.2.3.4.5", "\ud800"])
def test_what_is_no_canonical_address_is_refused(text):
    assert RULES.refusal(text) is not None


def test_an_operator_can_allow_a_network():
    rules = AddressRules.allowing(["10.0.0.0/8", "127.0.0.1/32", "fd12::/16"])
    for address in ["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1", "fd12::1"]:
        assert rules.refusal(address) is None
    for address in ["192.168.0.1", "127.0.0.2", "fd13::1"]:
        assert rules.refusal(address) is not None


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("0.0.0.0/0", "169.254.169.254"),
        ("169.254.169.254/31", "169.254.169.254"),
        ("100.64.0.0/10", "100.100.100.200"),
        ("0.0.0.0/0", "168.63.129.16"),
        ("::/0", "fe80::1"),
        ("fd00::/8", "fd00:ec2::254"),
        ("0.0.0.0/0", "::ffff:169.254.169.254"),
        ("::/0", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_addresses_that_hand_out_credentials_are_allowed_only_one_by_one(network, address):
    assert AddressRules.allowing([network]).refusal(address) is not None


def test_an_exact_metadata_address_can_be_allowed():
    assert AddressRules.allowing(["169.254.169.254"]).refusal("169.254.169.254") is None


def test_a_setting_that_is_no_network_is_an_error():
    with pytest.raises(ValueError, match="not appear"):
        AddressRules.allowing(["10.0.0.0/99"])


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_we_allow_nothing_that_python_calls_private(address):
    if address.is_private and not (address.version == 6 and address.ipv4_mapped):
        assert RULES.refusal(str(address)) is not None


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_judged_like_the_bare_one(address):
    bare = RULES.refusal(str(address))
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        wrapped = IPv6Address(int(ip_address(prefix)) | int(address))
        assert RULES.refusal(str(wrapped)) == bare
    assert RULES.refusal(str(IPv6Address((0x2002 << 112) | (int(address) << 80)))) == TUNNEL


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/a/b?c=d#e",
        "HTTPS://EXAMPLE.com/",
        "https://8.8.8.8/hook",
        "https://[2606:4700::1111]/",
        "https://bücher.example/ключ",
        "https://localhost.example/",
    ],
)
def test_a_url_that_may_be_tried(url):
    assert RULES.check_url(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Enter the URL"),
        ("example.com", "must start with"),
        ("ftp://example.com", "must start with"),
        ("javascript:alert(1)", "must start with"),
        ("//example.com", "must start with"),
        ("http:/example.com", "must start with"),
        ("https://", "no valid host"),
        ("https:///path", "no valid host"),
        ("https://:80/", "no valid host"),
        ("https://.../", "no valid host"),
        ("https://example.com:99999", "no valid host"),
        ("https://example.com:0", "no valid host"),
        ("https://example.com:x", "no valid host"),
        ("https://[::1", "no valid host"),
        ("https://user@example.com", "user name"),
        ("https://user:pw@example.com", "user name"),
        ("https://example.com@evil.example", "user name"),
        ("https://example.com\\@evil.example", "backslash"),
        ("https://exam ple.com", "a space"),
        (" https://example.com", "a space"),
        ("https://example.com/\n", "a space"),
        ("https://example.com/\x00", "control character"),
        ("https://example.com/\x85", "control character"),
        ("https://example.com/\ud800", "control character"),
        ("https://example.com/" + "a" * 2048, "longer than 2048"),
        ("http://127.0.0.1/", "loopback"),
        ("http://127.0.0.1./", "loopback"),
        ("http://[::1]:8000/", "loopback"),
        ("http://[::ffff:10.0.0.1]/", "private network"),
        ("http://169.254.169.254/latest/meta-data", "link-local"),
        ("http://[fe80::1%25eth0]/", "link-local"),
    ],
)
def test_a_url_is_refused_with_a_reason(url, words):
    assert words in str(RULES.check_url(url))


@given(st.text(st.characters(codec=None), max_size=60).map("https://".__add__))
def test_any_typed_url_gets_an_answer(url):
    assert url_problem(url) is None or str(url_problem(url))
    RULES.check_url(url)
    assert isinstance(host_of(url), str)


def test_an_allowed_network_may_be_typed():
    assert AddressRules.allowing(["127.0.0.0/8"]).check_url("http://127.0.0.1:9000/") is None


def test_fixed_addresses_are_written_as_for_curl():
    assert fixed_addresses(["Track.Customer.io:443:127.0.0.1:8443", "a.example:80:[::1]", "b.example:81:[::1]:82"]) == {
        ("track.customer.io", 443): ("127.0.0.1", 8443),
        ("a.example", 80): ("::1", 80),
        ("b.example", 81): ("::1", 82),
    }


@pytest.mark.parametrize(
    "entry", ["", "a.example", "a.example:80", "a.example:80:elsewhere", "a.example:x:1.2.3.4", "a:1:1.2"]
)
def test_a_fixed_address_that_cannot_be_read_is_an_error(entry):
    with pytest.raises(ValueError, match=r"host:port:address|does not appear"):
        fixed_addresses([entry])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "app.localhost"])
def test_the_name_of_this_machine_is_refused_while_it_is_typed(host: str) -> None:
    refusal = AddressRules().check_url(f"http://{host}/hook")
    assert refusal is not None
    assert "this machine (loopback)" in str(refusal)
    assert AddressRules.allowing(["127.0.0.0/8"]).check_url(f"http://{host}/hook") is None


@pytest.mark.parametrize(
    ("host", "readable"), [("xn--", False), ("bücher.example", True), ("xn--bcher-kva.example", True)]
)
def test_names_in_other_alphabets_are_read_as_they_are_looked_up(host: str, readable: bool) -> None:
    assert (AddressRules().check_url(f"https://{host}/") is None) is readable


@pytest.mark.parametrize(
    "address",
    [
        "::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b:1::169.254.169.254", "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1", "2001:0:1:2:3:4:5601:5601", "2002:a83f:8110::", "::100.100.100.200",
    ],
)  # fmt: skip
def test_a_range_that_is_allowed_opens_no_tunnel_to_what_hands_out_credentials(address: str) -> None:
    assert AddressRules.allowing(["::/0", "0.0.0.0/0"]).refusal(address)
    assert AddressRules.allowing([f"{address}/128"]).refusal(address) is None
