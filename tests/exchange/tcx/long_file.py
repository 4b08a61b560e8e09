"""Prints by how many MB reading a long TCX file makes a new process grow, and how long the file is.

python -m tests.exchange.tcx.long_file 20000
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from typing import Any, cast

from apps.exchange.activity import Activity
from apps.exchange.formats.tcx import reader
from tests.exchange.tcx.files import activity, file, lap, position

MB = 2**20
_SPEED = "<Extensions><ns3:TPX><ns3:Speed>2.5</ns3:Speed></ns3:TPX></Extensions>"


class LongFile(RawIOBase):
    """A file of so many points, a second each, that is made while it is read."""

    def __init__(self, points: int) -> None:
        self._points = points
        self.size = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Begin anew."""
        self._rest, self._pieces, self.size = b"", pieces(self._points), 0
        return 0

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        found, self._rest = self._rest[:size], self._rest[size:]
        self.size += len(found)
        return found


def pieces(points: int) -> Iterator[bytes]:
    """Yield the file."""
    head, tail = file(activity(lap(["|"], points, "2020-06-01T00:00:00Z"))).split("|")
    yield head.encode()
    for second in range(points):
        time = f"2020-06-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        yield (
            f"<Trackpoint><Time>{time}</Time>{position(45 + second / 1e6, -73.5)}"
            f"<AltitudeMeters>{second % 90}.5</AltitudeMeters>"
            f"<HeartRateBpm><Value>{90 + second % 60}</Value></HeartRateBpm>{_SPEED}</Trackpoint>\n"
        ).encode()
    yield tail.encode()


def read(source: Any) -> Activity:
    return reader.read(cast("Any", source))


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    read(BytesIO(b"".join(pieces(1000))))  # what is loaded and built once
    before, source = peak(), LongFile(int(sys.argv[1]))
    assert len(next(iter(read(source).sessions[0].points))) == int(sys.argv[1])
    sys.stdout.write(f"{peak() - before} {source.size / MB}\n")
