"""ZIP archives written to where nothing can be taken back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.signals import zipped
from apps.signals.zipped import Member

MOMENT = (2014, 7, 17, 19, 38, 6)
Contents = dict[str, list[bytes]]
CONTENTS = st.dictionaries(
    st.text("abcé/", min_size=1, max_size=9), st.lists(st.binary(max_size=50), max_size=4)
)


def members(contents: Contents) -> list[Member]:
    return [
        Member(name, MOMENT, sum(map(len, pieces)), lambda pieces=pieces: pieces)  # type: ignore[misc]
        for name, pieces in contents.items()
    ]


@given(CONTENTS)
def test_it_holds_what_was_put_in(contents: Contents) -> None:
    made = b"".join(zipped.stream(members(contents)))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {name: b"".join(pieces) for name, pieces in contents.items()}
    assert b"".join(zipped.stream(members(contents))) == made


@given(CONTENTS, st.integers(0, 400))
def test_the_size_is_known_before(contents: Contents, limit: int) -> None:
    """Also where sizes and places are beyond what short numbers hold: the limit is lowered."""
    with patch.object(zipfile, "ZIP64_LIMIT", limit):
        made = b"".join(zipped.stream(members(contents)))
        assert zipped.size(members(contents)) == len(made)


def test_an_unknown_size_makes_all_unknown() -> None:
    assert zipped.size([Member("a", MOMENT, None, list)]) is None


@pytest.mark.parametrize("dtype", ["<i2", "u1", "<i8"])
def test_arrays_are_written_as_they_are(dtype: str) -> None:
    array = np.arange(10).astype(dtype)
    made = b"".join(zipped.stream([Member("a", MOMENT, None, lambda: [array])]))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.read("a") == array.tobytes()


def test_pieces_leave_as_they_come() -> None:
    """The first member at once, then whenever a piece is full; nothing is drawn before."""
    drawn: list[int] = []

    def large() -> Iterator[bytes]:
        for number in range(8):
            drawn.append(number)
            yield bytes(zipped.PIECE // 2)

    pieces = zipped.stream(
        [Member("info", MOMENT, 2, lambda: [b"{}"]), Member("large", MOMENT, None, large)]
    )
    assert b"{}" in next(pieces)
    assert not drawn
    sizes = []
    for piece in pieces:
        sizes.append(len(piece))
        assert len(drawn) <= 2 * len(sizes)
    assert len(drawn) == 8
    assert max(sizes) < 2 * zipped.PIECE


def test_breaking_off_leaves_no_end() -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * zipped.PIECE
        raise OSError("gone")

    found: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        found.extend(zipped.stream([Member("a", MOMENT, None, broken)]))
    assert found
    assert b"PK\5\6" not in b"".join(found)
