"""CRC-32 of a whole from those of its parts, against zlib on the whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.signals.storage.digests import Digest


@given(st.lists(st.binary(max_size=300)))
def test_parts_make_the_whole(parts: list[bytes]) -> None:
    assert sum(map(Digest.of, parts), start=Digest()) == Digest.of(b"".join(parts))


@given(st.binary(max_size=9), st.integers(0, 200_000))
def test_long_parts(first: bytes, size: int) -> None:
    second = b"\1" * size
    assert Digest.of(first) + Digest.of(second) == Digest.of(first + second)
