"""Charts turn counts into positions: sums stay within the height, and one failure among thousands is visible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.activity import Counts
from server.domain.messages import AttemptOutcome
from server.web import charts
from server.web.charts import Period
from server.web.render import environment

COUNTS = st.builds(Counts, **{name: st.integers(0, 10_000) for name in charts.ENDINGS})


def period(counts: Counts, at: int = 0, href: str = "") -> Period:
    return Period(at, at + 1, f"at {at}", counts, href)


def drawn(macro: str, *values: object) -> str:
    return str(getattr(environment().globals["ui"], macro)(*values))


@given(st.lists(COUNTS, min_size=1, max_size=40))
def test_bars_stay_within_the_chart(every: list[Counts]) -> None:
    chart = charts.stacked_bars([period(counts) for counts in every], [])
    for bar in chart.bars:
        tops = [part.y for part in bar.parts]
        assert all(-0.5 <= top <= chart.height for top in tops)
        assert tops == sorted(tops, reverse=True)
        shown = {part.ending for part in bar.parts}
        assert shown == {name for name in charts.ENDINGS if getattr(bar.period.counts, name)}


def test_one_failure_among_thousands_is_visible() -> None:
    [bar] = charts.stacked_bars([period(Counts(succeeded=100_000, failed=1))], []).bars
    assert bar.parts[-1].ending == "failed"
    assert bar.parts[-1].height >= charts.MIN_HEIGHT


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (1, 1), (3, 5), (11, 20), (21, 25), (99, 100), (101, 200), (0.4, 1)]
)
def test_an_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert charts.nice_top(highest) == top


def test_durations_are_short() -> None:
    texts = [charts.duration_text(ms) for ms in (1, 8.25, 85.4, 999, 1430, 15_000, 90_000)]
    assert texts == ["1 ms", "8.2 ms", "85 ms", "999 ms", "1.4 s", "15 s", "1.5 min"]


def test_a_line_has_gaps_where_nothing_was_sent() -> None:
    sent = Counts()
    sent.count(AttemptOutcome.SUCCEEDED, 80_000)
    chart = charts.latency_lines([period(one) for one in (sent, sent, Counts(), sent)], [])
    assert all(line.path.count("M") == 1 and line.path.count("L") == 1 for line in chart.paths)


def test_a_value_without_neighbours_is_a_dot() -> None:
    sent = Counts()
    sent.count(AttemptOutcome.SUCCEEDED, 80_000)
    chart = charts.latency_lines([period(one) for one in (Counts(), sent, Counts())], [])
    assert all(not line.path and line.dots.count("M") == 1 for line in chart.paths)
    html = drawn("latency_chart", chart, "Latency", "latency")
    assert html.index("line-p95 dots") < html.index("line-p50 dots"), "the median is drawn on top"
    assert 'd=""' not in html


def test_a_chart_has_a_table_with_the_links_of_its_bars() -> None:
    chart = charts.stacked_bars([period(Counts(failed=2), 7, "/test/logs?from=7&to=8"), period(Counts(), 8)], [])
    html = drawn("stacked_bars", chart, "<Attempts>", "attempts")
    assert html.count('href="/test/logs?from=7&amp;to=8"') == 2
    assert 'tabindex="-1"' in html
    assert "&lt;Attempts&gt;" in html
    assert html.count("<tr>") == 2, "the head, and the one period with attempts"
    assert "style=" not in html


def test_a_sparkline_says_in_words_what_it_shows() -> None:
    html = drawn("sparkline", [(3, 1), (0, 0), (5, 0)], "8 attempts, 1 failed")
    assert 'aria-label="8 attempts, 1 failed"' in html
    assert html.count("spark-all") == 1 and html.count("M") == 3  # two hours, and one with a failure
    assert html.count("bar-failed") == 1
