"""Durations are counted in buckets, so that counts can be added and percentiles still be read."""

from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from server.domain.activity import (
    LATENCY_ERROR,
    Counts,
    Size,
    bucket_of,
    cell_of,
    dump_durations,
    duration_of,
    load_durations,
    rows_of,
    total,
)
from server.domain.messages import AttemptOutcome

DURATIONS = st.lists(st.integers(0, 30 * 60 * 1_000_000), min_size=1, max_size=200)


def counted(durations: list[int]) -> Counts:
    counts = Counts()
    for duration in durations:
        counts.count(AttemptOutcome.SUCCEEDED, duration)
    return counts


@given(DURATIONS, st.sampled_from([0.5, 0.95]))
def test_a_percentile_differs_by_less_than_five_percent(durations: list[int], share: float) -> None:
    exact = max(1.0, sorted(durations)[ceil(len(durations) * share) - 1] / 1000)
    counts = counted(durations)
    read = counts.p50 if share == 0.5 else counts.p95
    assert read is not None
    assert abs(read - exact) / exact <= LATENCY_ERROR + 1e-9 < 0.05


@given(DURATIONS, DURATIONS)
def test_counts_of_two_periods_add_up(first: list[int], second: list[int]) -> None:
    assert total([counted(first), counted(second)]) == counted(first + second)


@given(DURATIONS)
def test_they_are_stored_and_read(durations: list[int]) -> None:
    kept = counted(durations).durations
    assert load_durations(dump_durations(kept)) == kept


def test_a_longer_duration_is_never_in_a_lower_bucket() -> None:
    buckets = [bucket_of(us) for us in range(0, 100_000, 7)]
    assert buckets == sorted(buckets)
    assert duration_of(0) < duration_of(1) < duration_of(2)


def test_what_was_not_sent_has_no_latency() -> None:
    counts = Counts()
    for outcome in AttemptOutcome:
        counts.count(outcome, 5_000)
    assert counts.attempts == len(AttemptOutcome)
    assert sum(counts.durations.values()) == 3
    assert Counts().p50 is None
    assert Counts().error_rate is None


def test_a_cell_counts_in_its_pair_its_endpoint_its_event_type_and_in_all() -> None:
    rows = list(rows_of(cell_of("src_1", "ep_1", "payment.succeeded", 1_790_000_123_456)))
    assert len(rows) == len(set(rows)) == 4 * len(Size)
    assert {row.starts_at % row.size.ms for row in rows} == {0}
    received = list(rows_of(cell_of("src_1", "", "payment.succeeded", 1_790_000_123_456)))
    assert {(row.endpoint_id, row.event_type) for row in received} == {("", ""), ("", "payment.succeeded")}
