"""Each odd spelling of an inner address is refused where it is typed, and reaches nothing where it is connected to."""

import pytest
from receivers import receiving
from spellings import HOSTS

from server.delivery.courier import Blocked, Courier, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import FinishedRequest


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
            sent = await courier.send(FinishedRequest("POST", f"http://{host}:{port}/", {}, b"{}"))
        finally:
            await courier.aclose()
    assert isinstance(sent, Blocked | Unreachable)
    assert receiver.connections == 0


@pytest.mark.parametrize("host", ["1.1.1.1", "16843009", "0x1010101", "one.one.one.one", "bücher.example"])
def test_a_public_address_may_be_spelt_oddly(host: str) -> None:
    assert AddressRules().check_url(f"https://{host}/") is None


@pytest.mark.parametrize("host", ["１.1.1.1", "ａ.example"])
def test_a_host_in_wide_letters_is_refused_where_it_is_typed_since_no_request_can_name_it(host: str) -> None:
    assert "no valid host" in str(AddressRules().check_url(f"https://{host}/"))


@pytest.mark.parametrize("host", ["4294967296", "1.2.3.4.5", "256.1", "0x1ffffffff", "08.1.1.1"])
def test_numbers_that_are_no_address_raise_nothing(host: str) -> None:
    AddressRules().check_url(f"https://{host}/")
