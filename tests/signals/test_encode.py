"""JSON of samples: the right numbers, in the right kind of text (wire trap 7)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.signals.formats.json import pairs as json_pairs
from apps.signals.storage.scaling import Scale

VOLUME = Scale(13.28)
TICKS = st.one_of(
    st.integers(0, 20_000), st.integers(3 * 10**11, 4 * 10**11), st.integers(0, 2**62)
)
COUNTS = st.integers(-32_768, 32_767)
PAIRS = st.lists(st.tuples(TICKS, COUNTS), max_size=50)
SCALES = st.sampled_from([Scale(13.28), Scale(1 / 256), Scale(0.01), Scale(0.0064, -8.704)])


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    ticks, counts = [t for t, _ in pairs], [c for _, c in pairs]
    return np.array(ticks, np.int64), np.array(counts, np.int16)


@pytest.mark.rule("wire trap 7")
@given(PAIRS)
def test_counts_are_integers(pairs: list[tuple[int, int]]) -> None:
    text = json_pairs.pairs_text(*columns(pairs), None)
    assert text.decode() == json.dumps(pairs, separators=(",", ":"))


@given(st.lists(st.tuples(TICKS, st.integers(-(2**62), 2**62)), max_size=50))
def test_values_of_events_may_be_long(pairs: list[tuple[int, int]]) -> None:
    columns = np.array(pairs, np.int64).reshape(-1, 2)
    text = json_pairs.pairs_text(columns[:, 0], columns[:, 1], None)
    assert text.decode() == json.dumps(pairs, separators=(",", ":"))


@pytest.mark.rule("wire trap 7")
@given(PAIRS, SCALES)
def test_physical_values_are_what_python_computes(
    pairs: list[tuple[int, int]], scale: Scale
) -> None:
    expected = [(tick, count * scale.gain + scale.offset) for tick, count in pairs]
    found = json.loads(json_pairs.pairs_text(*columns(pairs), scale), parse_float=float)
    assert found == [list(pair) for pair in expected]
    assert all(isinstance(t, int) and isinstance(v, float) for t, v in found)


@given(st.lists(COUNTS), SCALES)
def test_values_without_timestamps(counts: list[int], scale: Scale) -> None:
    array = np.array(counts, np.int16)
    assert json.loads(json_pairs.values_text(array, None)) == counts
    expected = [count * scale.gain + scale.offset for count in counts]
    assert json.loads(json_pairs.values_text(array, scale)) == expected


@pytest.mark.rule("wire 5.6")
@pytest.mark.parametrize(
    ("count", "scale", "text"),
    [
        (43, VOLUME, "571.04"),
        (331, VOLUME, "4395.679999999999"),
        (5, Scale(1 / 256), "0.01953125"),
        (5, Scale(1.0), "5.0"),
        (0, Scale(1 / 256), "0.0"),
    ],
)
def test_texts_of_the_documents(count: int, scale: Scale, text: str) -> None:
    """The API reference prints 571.04; captured answers have the others (wire 5.6)."""
    ticks, counts = np.array([359840228406]), np.array([count], np.uint16)
    assert json_pairs.pairs_text(ticks, counts, scale) == b"[[359840228406,%b]]" % text.encode()
    assert json_pairs.values_text(counts, scale) == b"[%b]" % text.encode()


def test_a_value_that_is_none_is_null() -> None:
    values = np.array([np.nan, 1.0])
    assert json_pairs.pairs_text(np.array([1, 2]), values, None) == b"[[1,null],[2,1.0]]"
    assert json_pairs.values_text(values, None) == b"[null,1.0]"
