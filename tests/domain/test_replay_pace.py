"""How fast a replay goes: at the rate that was asked for, and never with many waiting ahead of fresh events."""

import pytest

from server.domain.replays import Window, following, pace

NOW = 1_790_000_000_000


@pytest.mark.parametrize("rate", [1, 7, 10, 250, 1000])
def test_a_rate_holds_over_a_minute_however_often_it_is_looked_at(rate):
    at, due = 0, []
    for now in range(NOW, NOW + 60_000, 250):
        moments = pace(rate, at, now, 1_000_000)
        due += moments
        at = following(rate, at, now, len(moments))
    by_second = [sum(NOW + s * 1000 <= one < NOW + (s + 1) * 1000 for one in due) for s in range(60)]
    assert max(by_second) <= rate + rate // 10 + 1
    assert abs(sum(by_second) - 60 * rate) <= 1 + 60 * rate // 100  # moments are whole milliseconds
    assert due == sorted(due)


def test_without_a_rate_everything_there_is_room_for_is_due_now():
    assert pace(None, 0, NOW, 3) == [NOW] * 3


def test_the_window_follows_the_destination():
    window = Window()
    for _ in range(10):
        window = window.after(0)
    assert window.size == Window.MAX
    for _ in range(10):
        window = window.after(window.size)
    assert window.size == Window.MIN
    assert window.after(1) == window
