"""A day as a FIT file, out and in: 86,400 points with everything that can be known.

    python -m bench.fit [HOURS]

Out, against fit-tool that fills one message anew for each point and checks the whole with its own
CRC. In, against fitdecode that goes through the file and keeps nothing. No store is needed; time is
of this process.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from bench.harness import cpu_in_turn, show

HOUR = 3600
START = 1_447_751_696 * 256
NUMBERS = (253, 0, 1, 78, 5, 73, 3, 108)
"""Fields of a record in the order of the columns, behind the time."""


def activity_of(hours: int) -> Any:
    """Return an activity of some hours in pieces of an hour."""
    from apps.exchange.activity import Activity, Lap, Session, Totals

    pieces = [_points(hour * HOUR, HOUR) for hour in range(hours)]
    totals = Totals(distance=7200 * hours, energy=1e6, average_heart_rate=80)
    begins = [START + hour * HOUR * 256 for hour in range(hours + 1)]
    laps = tuple(Lap(*each, totals) for each in pairwise(begins))
    return Activity((Session(begins[0], begins[-1], 10, pieces, laps, totals),), key=1)


def _points(begin: int, count: int) -> Any:
    from apps.exchange.activity import Column, Points

    seconds = np.arange(begin, begin + count)
    place = seconds.astype(np.float64)
    columns = {
        Column.LATITUDE: 45.5 + place * 1e-6,
        Column.LONGITUDE: -73.25 + place * 1e-6,
        Column.ALTITUDE: 30 + place % 70 / 5,
        Column.DISTANCE: place * 2,
        Column.SPEED: 2 + place % 9 / 10,
        Column.HEART_RATE: 60 + place % 90,
        Column.BREATHING_RATE: 12 + place % 900 / 100,
        Column.TIDAL_VOLUME: 400 + place % 800,
        Column.MINUTE_VENTILATION: 6_000 + place % 9_000,
        Column.ENERGY: 80 + place % 200,
    }
    return Points(START + seconds * 256, columns)


def ours_out(activity: Any) -> bytes:
    """Return the file that we write."""
    from apps.exchange.formats.fit import writer

    return b"".join(writer.write(activity))


def tool_out(activity: Any) -> bytes:
    """Return a file of the same records by fit-tool, which fills one message again and again."""
    from fit_tool.definition_message import DefinitionMessage
    from fit_tool.profile.messages.record_message import RecordMessage
    from fit_tool.record import Record
    from fit_tool.utils.crc import crc16

    message = RecordMessage(local_id=3, developer_fields=_developer_fields())
    native = [field for number in NUMBERS if (field := message.get_field(number))]
    fields = [*native, *message.developer_fields]
    content = bytearray()
    for points in activity.sessions[0].points:
        columns = [points.times // 256 * 1000, *points.columns.values()]
        for row in zip(*(column.tolist() for column in columns), strict=True):
            for field, value in zip(fields, row, strict=True):
                field.set_value(0, value)
            if not content:
                definition = DefinitionMessage.from_data_message(message)
                content += Record.from_message(definition).to_bytes()
            content += Record.from_message(message).to_bytes()
    checksum: int = crc16(content)
    return bytes(content) + checksum.to_bytes(2, "little")


def _developer_fields() -> list[Any]:
    from fit_tool.base_type import BaseType
    from fit_tool.developer_field import DeveloperField

    return [DeveloperField(number, base_type=BaseType.FLOAT32, size=4) for number in range(3)]


def ours_in(content: bytes) -> Any:
    """Return what we read."""
    from apps.exchange.formats.fit import reader

    return reader.read(io.BytesIO(content))


def decoder_in(content: bytes) -> int:
    """Return how many messages fitdecode finds."""
    import fitdecode

    with fitdecode.FitReader(io.BytesIO(content)) as frames:
        return sum(1 for _ in frames)


def quick_decoder_in(content: bytes) -> int:
    """Return the same with all that can be switched off."""
    import fitdecode

    quick = {"processor": None, "check_crc": False}
    with fitdecode.FitReader(io.BytesIO(content), **quick) as frames:
        return sum(1 for _ in frames)


def main() -> None:
    """Print the CPU of each, and how large the file is."""
    hours = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    activity = activity_of(hours)
    content = ours_out(activity)
    found = ours_in(content).sessions[0]
    assert (len(found.points[0]), len(found.laps)) == (hours * HOUR, hours)
    assert len(content) > len(tool_out(activity)) > len(content) * 0.8
    baseline = "fit-tool, one message again and again"
    works = {baseline: lambda: tool_out(activity), "Hexostore writes": lambda: ours_out(activity)}
    spent = cpu_in_turn(works, rounds=2, times=1)
    show(f"{hours} h out: {hours * HOUR} points, {len(content)} bytes", spent, baseline)
    baseline = "fitdecode reads"
    readers: dict[str, Callable[[], object]] = {
        baseline: lambda: decoder_in(content),
        "fitdecode without values and CRC": lambda: quick_decoder_in(content),
        "Hexostore reads": lambda: ours_in(content),
    }
    show(f"{hours} h in, without storing", cpu_in_turn(readers, rounds=2, times=1), baseline)


if __name__ == "__main__":
    main()
