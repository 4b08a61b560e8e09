"""Chunks come back as they were packed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.signals.storage import codec
from apps.signals.storage.codec import Codec

VALUES = {
    "uint16": st.integers(0, 2**16 - 1),
    "int16": st.integers(-(2**15), 2**15 - 1),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(),
}


@given(st.data(), st.sampled_from(list(VALUES)), st.sampled_from(list(Codec)))
def test_samples_come_back(data: st.DataObject, dtype: str, number: Codec) -> None:
    samples = np.array(data.draw(st.lists(VALUES[dtype])), dtype)
    (found,) = codec.unpack(codec.pack([samples], number), number, [dtype], len(samples))
    np.testing.assert_array_equal(found, samples)
    assert found.dtype == samples.dtype


@given(st.lists(st.tuples(VALUES["int64"], VALUES["int16"])), st.sampled_from(list(Codec)))
def test_events_come_back(events: list[tuple[int, int]], number: Codec) -> None:
    offsets = np.array([offset for offset, _ in events], np.int64)
    values = np.array([value for _, value in events], np.int16)
    payload = codec.pack([offsets, values], number)
    found = codec.unpack(payload, number, ["int64", "int16"], len(events))
    np.testing.assert_array_equal(found[0], offsets)
    np.testing.assert_array_equal(found[1], values)


def test_raw_is_little_endian() -> None:
    assert codec.pack([np.array([1, 258], ">u2")], Codec.RAW) == b"\1\0\2\1"


@pytest.mark.parametrize("number", list(Codec))
def test_a_payload_that_is_too_short_is_refused(number: Codec) -> None:
    payload = codec.pack([np.arange(10, dtype=np.int16)], number)
    with pytest.raises(ValueError, match=r"10 items|smaller"):
        codec.unpack(payload, number, ["int16"], 11)


def test_an_unknown_codec_is_refused() -> None:
    with pytest.raises(ValueError, match="not a valid Codec"):
        codec.unpack(b"", 9, ["int16"], 0)
