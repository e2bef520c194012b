"""The guard stands at the moment of connecting: names, odd spellings, rebinding and kept connections go through it."""

import pytest
from receivers import receiving

from server.delivery.courier import Blocked, Courier, Responded, Unreachable
from server.domain.addresses import AddressRules
from server.domain.requests import untransformed


def post(url):
    return untransformed(url, b"{}", credential_headers={}, endpoint_headers={})


async def send(courier, url):
    try:
        return await courier.send(post(url))
    finally:
        await courier.aclose()


def leading_to(*addresses):
    async def resolve(host):
        return list(addresses)

    return resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "localhost"])
async def test_loopback_is_refused(host):
    async with receiving() as receiver:
        sent = await send(Courier(AddressRules(), timeout=5), receiver.url(host=host))
    assert isinstance(sent, Blocked)
    assert sent.error.kind == "address"
    assert "loopback" in sent.error.message
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f000001", "0x7f.1", "127.1", "0", "017700000001", "0177.0.0.1", "localhost.", "127.0.0.1.",
        "１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1",
    ],
)  # fmt: skip
async def test_odd_spellings_of_loopback_reach_nothing(host):
    async with receiving() as receiver:
        sent = await send(Courier(AddressRules(), timeout=5), receiver.url(host=host))
    assert isinstance(sent, Blocked | Unreachable)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "fd00:ec2::254", "64:ff9b::7f00:1", "::ffff:10.0.0.1"]
)
async def test_a_name_that_leads_inside_is_refused_without_saying_where(address):
    sent = await send(Courier(AddressRules(), timeout=5, resolve=leading_to(address)), "https://inside.example/")
    assert isinstance(sent, Blocked)
    assert address not in sent.error.message


@pytest.mark.parametrize(
    "host", ["8.8.8.8%.inside.example", "8.8.8.8%25.inside.example", "[2606:4700::1%.inside.example]"]
)
async def test_a_name_that_begins_like_an_address_is_judged_by_what_it_leads_to(host):
    """The system looks such a name up, so whoever owns the rest of it says where it leads."""
    sent = await send(Courier(AddressRules(), timeout=5, resolve=leading_to("127.0.0.1")), f"http://{host}:9/")
    assert isinstance(sent, Blocked)
    assert "loopback" in sent.error.message


async def test_one_forbidden_address_among_good_ones_is_enough():
    async with receiving() as receiver:
        rules = AddressRules.allowing(["127.0.0.1/32"])
        courier = Courier(rules, timeout=5, resolve=leading_to("127.0.0.1", "10.0.0.1"))
        sent = await send(courier, receiver.url(host="mixed.example"))
    assert isinstance(sent, Blocked)
    assert receiver.connections == 0


async def test_the_judged_address_is_the_one_connected_to():
    """DNS that answers differently the second time finds no second time."""
    asked = []

    async def rebinding(host):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async with receiving() as receiver:
        rules = AddressRules.allowing(["127.0.0.1/32"])
        sent = await send(Courier(rules, timeout=5, resolve=rebinding), receiver.url(host="rebind.example"))
    assert isinstance(sent, Responded)
    assert asked == ["rebind.example"]


async def test_a_new_connection_is_judged_anew():
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def rebinding(host):
        return answers.pop(0)

    closing = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    async with receiving(closing) as receiver:
        courier = Courier(AddressRules.allowing(["127.0.0.1/32"]), timeout=5, resolve=rebinding)
        prepared = post(receiver.url(host="rebind.example"))
        assert isinstance(await courier.send(prepared), Responded)
        assert isinstance(await courier.send(prepared), Blocked)
        await courier.aclose()


async def test_a_kept_connection_serves_only_its_own_host():
    async with receiving() as receiver:
        fixed = {("good.example", receiver.port): ("127.0.0.1", receiver.port)}
        courier = Courier(AddressRules(), timeout=5, fixed=fixed)
        answers = [
            await courier.send(post(receiver.url(host=host)))
            for host in ("good.example", "127.0.0.1", "localhost", "GOOD.example.")
        ]
        await courier.aclose()
    assert [type(answer) for answer in answers] == [Responded, Blocked, Blocked, Responded]


async def test_a_fixed_address_holds_for_its_port_only():
    async with receiving() as receiver:
        courier = Courier(
            AddressRules(), timeout=5, fixed={("a.example", 443): ("127.0.0.1", receiver.port)},
            resolve=leading_to("127.0.0.1"),
        )  # fmt: skip
        assert isinstance(await send(courier, receiver.url(host="a.example")), Blocked)
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "url",
    ["http://[::1", "http://a.example:99999/", "http://\ud800/", "gopher://a.example/", "http://", "https://:1/", ""],
)
async def test_what_is_no_url_is_never_sent(url):
    assert isinstance(await send(Courier(AddressRules(), timeout=5), url), Blocked)


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch):
    async with receiving() as proxy, receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        sent = await send(Courier(AddressRules.allowing(["127.0.0.1/32"]), timeout=5), receiver.url())
    assert isinstance(sent, Responded)
    assert proxy.connections == 0
