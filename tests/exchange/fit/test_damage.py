"""Whatever the bytes: an activity in which all is as it says, or a clear error."""

from __future__ import annotations

import struct
from contextlib import suppress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.exchange.activity import Activity, Column, FileError, Intervals, Points, Session
from apps.exchange.formats.fit import workouts
from tests.exchange.damage import damaged, damaged_examples
from tests.exchange.fit import building, rides
from tests.exchange.fit.test_fields import Developer
from tests.exchange.fit.test_hearts import HRVS, buffers
from tests.exchange.fit.test_sessions import triathlon
from tests.exchange.fit.test_workouts import ROCKPORT

WHOLE = [
    rides.written(rides.session(20, laps=2)),
    rides.written(rides.session(5), rides.session(5, rides.START + 256 * 60, 1, 1)),
    workouts.write(ROCKPORT),
    building.ten_minutes(),
    building.activity(building.records(0, 5), HRVS.table((800,) * 5), buffers([1, 2, 3, 4] * 2)),
    building.activity(Developer().messages(), building.records(0, 5)),
    building.activity(
        building.records(0, 3),
        building.Rows(3, building.RECORD, {253: "I", 3: "B"}, {(0, 5): "f"}, big=True).table(
            (building.START, 60, 0.5)
        ),
    ),
    triathlon(summaries_first=True),
]


def check_read(content: bytes) -> None:
    """Read bytes; nothing but a `FileError` may come of them, or what makes sense."""
    with suppress(FileError):
        check_activity(rides.read(content))


def check_activity(found: Activity) -> None:
    assert found.sessions or found.workouts
    starts = [session.start for session in found.sessions]
    assert starts == sorted(starts)
    for session in found.sessions:
        check_session(session)


def check_session(session: Session) -> None:
    assert 0 < session.start <= session.end < 2**42
    for lap in session.laps:
        assert lap.start < lap.end
    for points in session.points:
        check_points(points, session)
    if session.intervals is not None:
        check_intervals(session.intervals)


def check_points(points: Points, session: Session) -> None:
    assert len(points) > 0
    assert (np.diff(points.times) > 0).all()
    assert session.start <= points.times[0]
    assert points.times[-1] <= session.end
    for column in points.columns.values():
        assert column.shape == points.times.shape
        assert not np.isinf(column).any()
    latitudes, longitudes = points.column(Column.LATITUDE), points.column(Column.LONGITUDE)
    assert (np.isnan(latitudes) == np.isnan(longitudes)).all()
    known = ~np.isnan(latitudes)
    assert (np.abs(latitudes[known]) <= 90).all()
    assert (np.abs(longitudes[known]) <= 180).all()


def check_intervals(intervals: Intervals) -> None:
    assert (intervals.seconds > 0).all()
    assert np.isfinite(intervals.seconds).all()
    assert (np.diff(intervals.times) >= 0).all()


def test_whole_files_are_read() -> None:
    """Otherwise the tests below would be of errors only."""
    for content in WHOLE:
        check_activity(rides.read(content))


@given(damaged(WHOLE))
@damaged_examples(60)
def test_damaged_bytes(content: bytes) -> None:
    check_read(content)


@given(damaged([content[14:-2] for content in WHOLE]))
@damaged_examples(60)
def test_damaged_messages(body: bytes) -> None:
    """Header and CRC are right, so that the damage is not found before the messages."""
    check_read(building.wrapped(body))


@given(st.binary(max_size=400))
@damaged_examples(50)
def test_any_bytes_as_messages(body: bytes) -> None:
    check_read(building.wrapped(building.file_id(), body))


MESSAGES = [0, 12, 18, 19, 20, 26, 27, 78, 132, 206, 207, 0xFFFF]
NUMBERS = [*range(20), 25, 31, 39, 53, 73, 78, 99, 108, 110, 125, 147, 169, 253, 254]
BASE_TYPES = [0, 1, 2, 7, 0x0A, 0x0D, *range(0x83, 0x91), 0x55, 0xFF]


def any_definition(random: np.random.Generator) -> tuple[bytes, int, int]:
    """Return a definition, its local number, and how many bytes its messages have."""
    local, message = int(random.integers(16)), int(random.choice(MESSAGES))
    sizes = [0, 1, 1, 2, 2, 4, 4, 4, 3, 8, 12, 255]
    fields = [
        bytes([random.choice(NUMBERS), random.choice(sizes), random.choice(BASE_TYPES)])
        for _ in range(random.integers(8))
    ]
    added = [
        bytes([random.integers(4), random.choice(sizes), random.integers(2)])
        for _ in range(random.choice([0, 0, 1, 3]))
    ]
    big = bool(random.integers(2))
    head = bytes([0x40 | (0x20 if added else 0) | local, 0, big])
    counts = struct.pack(">HB" if big else "<HB", message, len(fields))
    own = bytes([len(added)]) + b"".join(added) if added else b""
    content = head + counts + b"".join(fields) + own
    return content, local, sum(field[1] for field in [*fields, *added])


def any_messages(random: np.random.Generator) -> bytes:
    """Return definitions of known messages with fields of any type, and messages of theirs."""
    defined: dict[int, int] = {}
    fillers = [b"\0", b"\xff", b"\x7f", struct.pack("<I", 10**9), struct.pack(">I", 10**9)]
    out = bytearray()
    for _ in range(random.integers(1, 9)):
        content, local, size = any_definition(random)
        out += content
        defined[local] = size
        for each in random.choice(list(defined), random.integers(5)).tolist():
            filler = fillers[random.integers(len(fillers))]
            row = (random.bytes(int(random.integers(16))) + filler * defined[each])[: defined[each]]
            compressed = each < 4 and random.integers(4) == 0
            head = 0x80 | each << 5 | int(random.integers(32)) if compressed else each
            out += bytes([head]) + row
    return bytes(out)


@given(st.integers(0, 2**63))
@damaged_examples(80)
def test_definitions_of_any_kind(seed: int) -> None:
    body = any_messages(np.random.default_rng(seed))
    check_read(building.wrapped(building.file_id(), building.records(0, 2), body))
    check_read(building.wrapped(body))
