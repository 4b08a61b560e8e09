"""Stretches of records: clipped, merged, and joined."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.stretches import Span, clip, merge, union
from apps.signals.storage.gathering import Stretch

BOUNDS = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted).filter(lambda b: b[0] < b[1])
STRETCHES = st.lists(st.builds(lambda r, b: Stretch(r, *b), st.integers(1, 4), BOUNDS), max_size=6)


def test_the_earlier_record_keeps_the_time_that_both_have() -> None:
    first, second = Stretch(5, 0, 10), Stretch(4, 6, 15)
    assert merge([second, first]) == (first, Stretch(4, 10, 15))
    assert merge([Stretch(9, 0, 5), Stretch(8, 0, 5)]) == (Stretch(8, 0, 5),)
    assert merge([Stretch(1, 0, 5), Stretch(1, 3, 9)]) == (Stretch(1, 0, 9),)


@given(STRETCHES)
def test_merged_stretches_cover_each_moment_once(stretches: list[Stretch]) -> None:
    merged = merge(stretches)
    moments = [tick for each in merged for tick in range(each.start, each.end)]
    assert len(moments) == len(set(moments))
    assert set(moments) == {tick for each in stretches for tick in range(each.start, each.end)}
    for each in merged:
        for tick in range(each.start, each.end):
            assert any(s.record == each.record and s.start <= tick < s.end for s in stretches)
    assert merge(merged) == merged
    assert merge(reversed(stretches)) == merged


@given(st.lists(BOUNDS.map(lambda bounds: Span(*bounds)), max_size=6))
def test_spans_are_joined(spans: list[Span]) -> None:
    joined = union(spans)
    assert all(a.end < b.start for a, b in pairwise(joined))
    assert {t for s in joined for t in range(s.start, s.end)} == {
        t for s in spans for t in range(s.start, s.end)
    }


def test_a_record_is_clipped() -> None:
    assert clip(7, Span(0, 10), Span(5, 20)) == Stretch(7, 5, 10)
    assert clip(7, Span(0, 10), Span(10, 20)) is None
