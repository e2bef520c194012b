"""Charts of activity: turns counts into what the macros of ``templates/ui/charts.html`` draw.

Positions across are shares of the width, so that a chart fits any screen without scripts; heights are pixels.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log10

from server.domain.activity import ENDINGS, Counts, Tally
from server.domain.ids import Millis
from server.web.i18n import gettext

BARS_HEIGHT = 160
LINES_HEIGHT = 120
LINES_WIDTH = 1000
"""The width of the drawing of lines, which is stretched to that of the page."""
MIN_HEIGHT = 2.0
"""Pixels of a part that is not empty: one failure among thousands of successes must be visible."""
GAP = 0.18
"""The share of a bar's room that stays empty."""

NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Period:
    """One bar's time and what happened in it."""

    starts_at: Millis
    ends_at: Millis
    name: str
    """Such as ``28 Nov, 14:00``."""
    counts: Counts
    href: str = ""
    """The log of this time; empty without one."""


@dataclass(frozen=True, slots=True)
class Part:
    ending: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    period: Period
    left: str
    """The left end of its room, in percent."""
    room: str
    x: str
    width: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: Sequence[Bar]
    height: int
    lines: Sequence[tuple[float, str]]
    """The height and the text of each line across."""
    axis: Sequence[str]
    """The texts below: at the beginning, the quarters and the end."""


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    """A key for its colour: ``p50`` or ``p95``."""
    path: str
    dots: str
    """The path of its values without neighbours, which no line joins; empty without any."""


@dataclass(frozen=True, slots=True)
class LineChart:
    periods: Sequence[Period]
    paths: Sequence[Line]
    height: int
    width: int
    lines: Sequence[tuple[float, str]]
    axis: Sequence[str]


def stacked_bars(periods: Sequence[Period], axis: Sequence[str], *, height: int = BARS_HEIGHT) -> BarChart:
    """How the attempts of each period ended, one above the other."""
    top = nice_top(max((period.counts.attempts for period in periods), default=0))
    room = 100 / max(1, len(periods))
    bars = [
        Bar(
            period=period,
            left=_percent(room * number),
            room=_percent(room),
            x=_percent(room * (number + GAP / 2)),
            width=_percent(room * (1 - GAP)),
            parts=_parts(period.counts, height / top, height),
        )
        for number, period in enumerate(periods)
    ]
    return BarChart(bars, height, _lines(top, height, _count_text), axis)


def latency_lines(periods: Sequence[Period], axis: Sequence[str], *, height: int = LINES_HEIGHT) -> LineChart:
    """The median and the 95th percentile of each period, with gaps where there were no attempts."""
    values = {"p50": [each.counts.p50 for each in periods], "p95": [each.counts.p95 for each in periods]}
    top = nice_top(max((value for each in values.values() for value in each if value is not None), default=0))
    paths = [Line(name, *_path(each, height, top)) for name, each in values.items()]
    return LineChart(periods, paths, height, LINES_WIDTH, _lines(top, height, duration_text), axis)


def points(series: Mapping[Millis, Tally], starts: Iterable[Millis]) -> list[Tally]:
    """The tally of each period, for ``ui.sparkline``."""
    return [series.get(starts_at, (0, 0)) for starts_at in starts]


def sparks(values: Sequence[Tally], width: int, height: int) -> tuple[str, str]:
    """The bars of a sparkline as two paths: all attempts, and those that went wrong. A list draws many of these."""
    top = max((attempts for attempts, _ in values), default=0) or 1
    begins, end = _spark_bars(len(values), width, height)
    every: list[str] = []
    wrong: list[str] = []
    for begin, (attempts, failed) in zip(begins, values, strict=True):
        if attempts:
            every.append(f"{begin}{max(MIN_HEIGHT, height * attempts / top):.3g}{end}")
        if failed:
            wrong.append(f"{begin}{max(MIN_HEIGHT, height * failed / top):.3g}{end}")
    return "".join(every), "".join(wrong)


@lru_cache(32)
def _spark_bars(count: int, width: int, height: int) -> tuple[Sequence[str], str]:
    """The path of each of ``count`` bars up to its height, and from there on."""
    room = width / max(1, count)
    return [f"M{room * number:.3g} {height}h{room * 0.8:.3g}v-" for number in range(count)], f"h-{room * 0.8:.3g}z"


def nice_top(highest: float) -> float:
    """The upper end of an axis: a round number, at least 1 and not below ``highest``."""
    if highest <= 1:
        return 1
    unit = 10 ** int(log10(highest))
    found = next((step * unit for step in NICE if step * unit >= highest), 10 * unit)
    return float(found)


def duration_text(ms: float) -> str:
    """``8 ms``, ``1.4 s``, ``2 min``: short, with two digits that count."""
    if ms < 1000:
        return gettext("{ms} ms").format(ms=f"{ms:.0f}" if ms >= 10 else _short(ms))
    if ms < 60_000:
        return gettext("{count} s").format(count=_short(ms / 1000))
    return gettext("{count} min").format(count=_short(ms / 60_000))


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _count_text(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _lines(top: float, height: int, text: Callable[[float], str]) -> list[tuple[float, str]]:
    """Lines across at the top and in the middle; none in the middle of a single attempt."""
    values = [top] if text is _count_text and top % 2 else [top, top / 2]
    return [(round(height * (1 - value / top), 1), text(value)) for value in values]


def _parts(counts: Counts, scale: float, height: int) -> list[Part]:
    """Its parts from the bottom up. Small ones are drawn taller; then the others give way."""
    heights = [(ending, _height(getattr(counts, ending), scale, height)) for ending in ENDINGS]
    above = sum(tall for _, tall in heights) - height
    if above > 0:
        tallest = max(range(len(heights)), key=lambda number: heights[number][1])
        heights[tallest] = (heights[tallest][0], heights[tallest][1] - above)
    found, y = [], float(height)
    for ending, tall in heights:
        if tall:
            y -= tall
            found.append(Part(ending, round(y, 2), round(tall, 2)))
    return found


def _height(count: int, scale: float, height: int) -> float:
    return round(min(height, max(MIN_HEIGHT, count * scale)), 2) if count else 0


def _path(values: Sequence[float | None], height: int, top: float) -> tuple[str, str]:
    """The lines through the values, and the dots of those without neighbours."""
    step = LINES_WIDTH / max(1, len(values))
    lines, dots = [], []
    for number, value in enumerate(values):
        if value is None:
            continue
        x, y = round(step * (number + 0.5), 1), round(height * (1 - value / top), 1)
        before, after = (
            number > 0 and values[number - 1] is not None,
            values[number + 1 : number + 2] not in ([], [None]),
        )
        if not before and not after:
            dots.append(f"M{x} {y}h0")
        else:
            lines.append(f"{'L' if before else 'M'}{x} {y}")
    return "".join(lines), "".join(dots)


def _percent(share: float) -> str:
    return f"{ceil(share * 1000) / 1000:g}%"
