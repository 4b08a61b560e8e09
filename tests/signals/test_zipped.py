"""ZIP archives written to where nothing can be taken back."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.signals.formats.download import zip_stream
from apps.signals.formats.download.zip_stream import ZipMember

MOMENT = (2014, 7, 17, 19, 38, 6)
Contents = dict[str, list[bytes]]
CONTENTS = st.dictionaries(
    st.text("abcé/", min_size=1, max_size=9), st.lists(st.binary(max_size=50), max_size=4)
)


def member(name: str, pieces: list[Any]) -> ZipMember:
    whole = b"".join(pieces)
    return ZipMember(name, MOMENT, len(whole), lambda: crc32(whole), lambda: pieces)


def members(contents: Contents) -> list[ZipMember]:
    return [member(name, pieces) for name, pieces in contents.items()]


def of_stream(content: bytes) -> Contents:
    """What a reader finds that takes an archive as it comes, from the local headers alone."""
    found: Contents = {}
    while content.startswith(b"PK\3\4"):
        head = struct.unpack_from("<4s5H3L2H", content)
        flags, crc, packed, size, name_size, extra = head[2], *head[6:]
        assert not flags & 8
        begin = 30 + name_size + extra
        if size == 2**32 - 1:
            kind, _, size, packed = struct.unpack_from("<2H2Q", content, 30 + name_size)
            assert kind == 1
        assert packed == size
        data = content[begin : begin + size]
        assert crc32(data) == crc
        found[content[30 : 30 + name_size].decode()] = [data]
        content = content[begin + size :]
    return found


@given(CONTENTS)
def test_it_holds_what_was_put_in(contents: Contents) -> None:
    made = b"".join(zip_stream.stream_members(members(contents)))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {name: b"".join(pieces) for name, pieces in contents.items()}
    assert b"".join(zip_stream.stream_members(members(contents))) == made


@given(CONTENTS, st.integers(0, 400), st.integers(0, 3))
def test_sizes_and_places_beyond_short_numbers(contents: Contents, largest: int, most: int) -> None:
    """The limits are lowered; what is long then has fields of 64 bits, which others read."""
    with patch.object(zip_stream, "LARGEST", largest), patch.object(zip_stream, "MOST", most):
        made = b"".join(zip_stream.stream_members(members(contents)))
        assert zip_stream.archive_size(members(contents)) == len(made)
    expected = {name: b"".join(pieces) for name, pieces in contents.items()}
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    assert {name: b"".join(pieces) for name, pieces in of_stream(made).items()} == expected


@given(CONTENTS)
def test_members_can_be_taken_from_a_stream(contents: Contents) -> None:
    made = b"".join(zip_stream.stream_members(members(contents)))
    assert of_stream(made) == {name: [b"".join(pieces)] for name, pieces in contents.items()}


def test_small_archives_have_no_fields_of_64_bits() -> None:
    """Some readers know version 2.0 of the format only."""
    made = b"".join(zip_stream.stream_members([member("a", [b"abc"])]))
    assert len(made) == 30 + 1 + 3 + 46 + 1 + 22
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        (info,) = archive.infolist()
    assert (info.extract_version, info.flag_bits, info.extra) == (20, 0, b"")
    assert (info.date_time, info.external_attr >> 16) == (MOMENT, 0o100644)


@pytest.mark.parametrize("dtype", ["<i2", "u1", "<i8"])
def test_arrays_are_written_as_they_are(dtype: str) -> None:
    array = np.arange(10).astype(dtype)
    made = b"".join(zip_stream.stream_members([member("a", [array])]))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.read("a") == array.tobytes()


def test_pieces_leave_as_they_come() -> None:
    """The first member at once, then whenever a piece is full; nothing is drawn before."""
    drawn: list[int] = []

    def large() -> Iterator[bytes]:
        for number in range(8):
            drawn.append(number)
            yield bytes(zip_stream.PIECE // 2)

    def crc() -> int:
        drawn.append(-1)
        return 0

    total = 4 * zip_stream.PIECE
    pieces = zip_stream.stream_members(
        [member("info", [b"{}"]), ZipMember("large", MOMENT, total, crc, large)]
    )
    assert b"{}" in next(pieces)
    assert not drawn
    sizes = []
    for piece in pieces:
        sizes.append(len(piece))
        assert len(drawn) <= 1 + 2 * len(sizes)
    assert drawn == [-1, *range(8)]
    assert max(sizes) < 2 * zip_stream.PIECE


def test_breaking_off_leaves_no_end() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * zip_stream.PIECE
        raise OSError("gone")

    found: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        found.extend(zip_stream.stream_members([ZipMember("a", MOMENT, 9, lambda: 0, broken)]))
    assert found
    assert b"PK\5\6" not in b"".join(found)
