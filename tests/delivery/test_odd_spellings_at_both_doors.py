"""Each odd spelling of an inner address is refused where it is typed, and reaches nothing where it is connected to."""

import pytest
from receivers import receiving

from server.delivery.courier import Blocked, Courier, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import Prepared

HOSTS = {
    "decimal": "2130706433",
    "octal": "017700000001",
    "octal parts": "0177.0.0.01",
    "hexadecimal": "0x7f000001",
    "upper-case hexadecimal": "0X7F.0X0.0X0.0X1",
    "one part and a rest": "127.1",
    "two parts and a rest": "127.0.1",
    "zero": "0",
    "mixed": "0x7f.0.01",
    "trailing dot": "127.0.0.1.",
    "decimal with a trailing dot": "2130706433.",
    "fullwidth": "１２７.０.０.１",
    "circled": "①②⑦.0.0.1",
    "ideographic dots": "127。0。0。1",
    "halfwidth dots": "127｡0｡0｡1",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped in hexadecimal": "[::ffff:7f00:1]",
    "mapped, written out": "[0:0:0:0:0:FFFF:7F00:0001]",
    "compatible": "[::127.0.0.1]",
    "NAT64": "[64:ff9b::127.0.0.1]",
    "NAT64 of a site": "[64:ff9b:1::127.0.0.1]",
    "6to4": "[2002:7f00:1::]",
    "zone": "[fe80::1%25lo]",
    "zone without its escape": "[fe80::1%lo]",
    "own name": "LOCALHOST",
    "own name with a dot": "localhost.",
    "name below it": "a.localhost",
    "fullwidth name": "ｌｏｃａｌｈｏｓｔ",
    "user": "example.com@127.0.0.1",
    "user and password": "a:b@127.0.0.1",
    "encoded": "127%2e0%2e0%2e1",
    "encoded digit": "%31%32%37.0.0.1",
    "backslash": "127.0.0.1\\example.com",
    "tab": "127.0\t.0.1",
    "line break": "127.0.0.1\n",
    "NUL": "127.0.0.1\0",
    "empty label": "127..0.0.1",
    "empty first label": ".127.0.0.1",
    "two trailing dots": "127.0.0.1..",
    "link-local metadata": "2852039166",
    "metadata in octal": "0251.0376.0251.0376",
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_refused_where_it_is_typed(host: str) -> None:
    assert AddressRules().check_url(f"http://{host}:9/")


async def no_name(host: str) -> list[str]:
    """What a system's resolver answers that reads such hosts as addresses: the worst case."""
    return ["127.0.0.1"]


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
async def test_reaches_nothing_where_it_is_connected_to(host: str) -> None:
    async with receiving() as receiver:
        courier = Courier(AddressRules(), timeout=5, resolve=no_name)
        port = receiver.url().rsplit(":", 1)[1].partition("/")[0]
        try:
            sent = await courier.send(Prepared("POST", f"http://{host}:{port}/", {}, b"{}"))
        finally:
            await courier.aclose()
    assert isinstance(sent, Blocked | Unreachable)
    assert receiver.connections == 0


@pytest.mark.parametrize("host", ["1.1.1.1", "16843009", "0x1010101", "one.one.one.one", "１.1.1.1", "bücher.example"])
def test_a_public_address_may_be_spelt_oddly(host: str) -> None:
    assert AddressRules().check_url(f"https://{host}/") is None


@pytest.mark.parametrize("host", ["4294967296", "1.2.3.4.5", "256.1", "0x1ffffffff", "08.1.1.1"])
def test_numbers_that_are_no_address_raise_nothing(host: str) -> None:
    AddressRules().check_url(f"https://{host}/")
