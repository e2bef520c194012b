"""Which connection goes when there are too many: an idle one, then the one whose request has taken longest."""

from server.api.connections import ConnectionLimiter


class Transport:
    def __init__(self) -> None:
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def added(connections: ConnectionLimiter, count: int, address: str = "192.0.2.1") -> list:  # type: ignore[type-arg]
    return [connections.add(Transport(), address) for _ in range(count)]  # type: ignore[arg-type]


def over(counts: list) -> list[int]:  # type: ignore[type-arg]
    return [at for at, count in enumerate(counts) if count.transport.aborted]


def test_the_one_that_was_idle_longest_goes_first() -> None:
    connections = ConnectionLimiter(20, is_proxy=lambda address: True)
    counts = added(connections, 20)
    connections.is_busy(counts[0])
    connections.is_busy(counts[1])
    connections.is_idle(counts[1])
    counts += added(connections, 2)
    assert over(counts) == [2, 3]


def test_where_none_is_idle_the_longest_request_goes_and_not_the_newcomer() -> None:
    connections = ConnectionLimiter(20, is_proxy=lambda address: True)
    counts = added(connections, 20)
    for count in counts:
        connections.is_busy(count)
    connections.is_idle(counts[0])
    connections.is_busy(counts[0])
    counts += added(connections, 1)
    assert over(counts) == [1]


def test_one_address_has_its_share_and_an_ipv6_customer_is_one() -> None:
    connections = ConnectionLimiter(80)
    others, counts = added(connections, 5, "198.51.100.7"), added(connections, 20)
    counts += added(connections, 3)
    assert over(counts) == [0, 1, 2]
    six = [one for n in range(25) for one in added(connections, 1, f"2001:db8::{n:x}")]
    assert over(six) == [0, 1, 2, 3, 4]
    assert over(others) == []


def test_what_one_address_keeps_busy_takes_no_place_of_others() -> None:
    connections = ConnectionLimiter(80)
    counts = added(connections, 20)
    for count in counts:
        connections.is_busy(count)
    newcomer, other = added(connections, 1), added(connections, 1, "198.51.100.7")
    assert (over(counts), over(newcomer), over(other)) == ([], [0], [])


def test_what_is_late_on_purpose_goes_before_all_others() -> None:
    connections = ConnectionLimiter(20, is_proxy=lambda address: True)
    counts = added(connections, 20)
    for count in counts[10:]:
        connections.is_busy(count)
    connections.makes_way(counts[15])
    connections.makes_way(counts[16])
    counts += added(connections, 3)
    assert over(counts) == [0, 15, 16]
    connections.makes_way(counts[15])  # it was closed: nothing to mark
    connections.makes_way(counts[17])
    connections.is_idle(counts[17])  # it was answered
    counts += added(connections, 1)
    assert over(counts) == [0, 1, 15, 16]
