"""Thinning and windows, held against what they are defined by."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from apps.signals.storage import thinning

COUNTS = st.integers(0, 3000)
LIMITS = st.integers(1, 400)


@given(COUNTS, LIMITS)
def test_stride_is_the_smallest_that_leaves_fewer_than_the_limit(count: int, limit: int) -> None:
    """Data page, Filtering Options: "n is the smallest number that will return … less than"."""
    found = thinning.stride(count, limit)
    if count <= limit:
        assert found == 1
    else:
        enough = (n for n in range(1, count + 1) if len(range(0, count, n)) < max(limit, 2))
        assert found == next(enough)


def test_stride_of_the_documented_ecg() -> None:
    """Record 43419 lasts 5,115,139 ticks; its ECG is printed every 79 ticks (API
    reference, ECG Raw Data)."""
    assert thinning.stride(361451358544 - 361446243405) == 79


def test_stride_leaves_a_full_answer_alone() -> None:
    assert thinning.stride(65_536) == 1
    assert thinning.stride(65_537) == 2


@given(
    start=st.integers(-50, 50),
    step=st.integers(1, 9),
    count=st.integers(0, 40),
    lower=st.integers(-100, 500),
    upper=st.integers(-100, 500),
)
def test_window_holds_the_samples_between_the_ticks(
    start: int, step: int, count: int, lower: int, upper: int
) -> None:
    expected = [i for i in range(count) if lower <= start + i * step < upper]
    assert list(thinning.window(start, step, count, lower, upper)) == expected


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60))), st.integers(1, 40))
def test_thinning_pieces_is_thinning_their_whole(pieces: list[tuple[int, int]], step: int) -> None:
    samples = [(n, range(first, first + size)) for n, (first, size) in enumerate(pieces)]
    whole = [(n, i) for n, piece in samples for i in piece]
    phase, kept = 0, []
    for n, piece in samples:
        thinned, phase = thinning.every(piece, step, phase)
        kept += [(n, i) for i in thinned]
    assert kept == whole[::step]


@given(st.integers(0, 200), st.integers(0, 300), st.integers(1, 90), st.integers(1, 64))
def test_chunks_give_every_sample_once_and_none_in_vain(
    first: int, size: int, step: int, chunk: int
) -> None:
    samples = range(first, first + size, step)
    found = [
        [number * chunk + i for i in range(chunk)[take]]
        for number, take in thinning.by_chunk(samples, chunk)
    ]
    assert list(chain.from_iterable(found)) == list(samples)
    assert all(found)
