"""The CRC by halves is the one of the protocol, which goes from byte to byte."""

from __future__ import annotations

import numpy as np
import pytest
from fit_tool.utils.crc import crc16 as byte_by_byte
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.exchange.formats.fit.checksum import crc16


@given(st.binary(max_size=70), st.integers(0, 0xFFFF))
@settings(max_examples=30)
def test_short_pieces(data: bytes, before: int) -> None:
    assert crc16(data, before) == byte_by_byte(data, before)


@pytest.mark.parametrize("size", [4095, 4096, 4097, 100_001])
def test_long_pieces(size: int) -> None:
    data = np.random.default_rng(size).bytes(size)
    assert crc16(data) == byte_by_byte(data)


def test_pieces_follow_each_other() -> None:
    data = np.random.default_rng(1).bytes(3001)
    crc = 0
    for begin in range(0, len(data), 7):
        crc = crc16(data[begin : begin + 7], crc)
    assert crc == byte_by_byte(data)
