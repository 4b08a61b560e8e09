"""In which data records of an EDF+ file its annotations are.

Each data record has the same room for annotations, but beats and steps come unevenly. EDF+ allows
an annotation in any data record, because it contains its own time. So annotations flow through the
file like water through a pipe: what does not fit into the data record of its second goes into later
ones, and near the end of the file some go into earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Numbers = NDArray[np.int64]

SPREAD = 1024
"""How many data records an annotation may be away from its own; near the end a little more.
Annotations on their way are held in memory."""

SPAN = 64
"""The number of seconds whose annotations are counted together."""

AHEAD = SPREAD + 3 * SPAN
"""How many seconds before its time an annotation may be needed.

To SPREAD are added the seconds by which spans reach beyond the first and last second of the file,
and those after its end.
"""


@dataclass
class AnnotationCount:
    """Counts annotations before they are written: their bytes by span, and the longest one.

    `first` and `last` are the ticks of the earliest and the latest from the start of the record.
    """

    loads: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    longest: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, ticks: Numbers, sizes: Numbers) -> None:
        """Count annotations with ascending ticks, each with its size in bytes."""
        if not len(ticks):
            return
        spans = ticks // (SPAN * SECOND)
        missing = int(spans[-1]) + 1 - len(self.loads)
        if missing > 0:
            self.loads = np.pad(self.loads, (0, max(missing, len(self.loads))))
        begin = int(spans[0])
        loads = np.bincount(spans - begin, sizes).astype(np.int64)
        self.loads[begin : begin + len(loads)] += loads
        self.longest = max(self.longest, int(sizes.max()))
        first, last = int(ticks[0]), int(ticks[-1])
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    @property
    def seconds(self) -> range:
        """The seconds of the annotations. One at the end of a second belongs to that second."""
        if self.first is None or self.last is None:
            return range(0)
        begin = self.first // SECOND
        return range(begin, max(begin + 1, -(-self.last // SECOND)))

    def find_room(self, records: int) -> Room:
        """Return the smallest room that is enough for the counted annotations, in so many data
        records."""
        total = int(self.loads.sum())
        low, high = -(-total // records), -(-total // min(records, SPREAD))
        while low < high:
            middle = (low + high) // 2
            if self._is_enough(middle):
                high = middle
            else:
                low = middle + 1
        return Room(records, total, low, self.longest)

    def _is_enough(self, each: int) -> bool:
        """Return whether no annotation is delayed by more than SPREAD with `each` bytes per
        second."""
        surplus = np.cumsum(self.loads - each * SPAN)
        lowest = np.minimum.accumulate(np.append(0, surplus[:-1]))
        return int((surplus - lowest).max(initial=0)) <= each * SPREAD


@dataclass(frozen=True)
class Room:
    """Data records through which annotations of `total` bytes flow, `each` bytes in one.

    An annotation is in the data record in which it begins. So a data record needs room for the
    longest one in addition, except its first byte.
    """

    records: int
    total: int
    each: int
    longest: int

    @property
    def size(self) -> int:
        """The most bytes of annotations in a data record."""
        return self.each + self.longest - 1 if self.total else 0


class Flow:
    """Finds places for annotations, which come in the order of their ticks."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._passed = 0
        self._held = 0

    def find_places(self, seconds: Numbers, sizes: Numbers) -> Numbers:
        """Return the data record of each annotation: that of its second, or the next free one.

        With `each` = 10, three annotations of 6 bytes in second 0 begin at the bytes 0, 6 and 12 of
        the flow, so the third is in data record 1. No annotation begins so late that those after it
        would not fit.
        """
        room = self.room
        before = self._passed + np.cumsum(sizes) - sizes
        held = np.maximum.accumulate(np.append(self._held, seconds * room.each - before))
        late = room.records * room.each - (room.total - before)
        found: Numbers = np.minimum(before + held[1:], late) // room.each
        self._held = int(held[-1])
        self._passed += int(sizes.sum())
        return found
