"""In which data records of an EDF+ file its annotations lie.

Each data record has the same room for annotations, and beats and steps do not come evenly. EDF+
lets an annotation lie in any data record, for it says itself when it is. So they flow through the
file like water through a pipe: what does not fit into the data record of its second goes into
those that follow, and towards the end of the file some go into data records before theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Numbers = NDArray[np.int64]

SPREAD = 1024
"""How many data records from its own an annotation may lie, or a little more at the end; what is
on its way is held in memory."""

SPAN = 64
"""The seconds whose annotations are counted together."""

AHEAD = SPREAD + 3 * SPAN
"""How many seconds before its time an annotation may be wanted at most.

To SPREAD come the seconds by which spans reach over the file's first and last, and those that
follow its end.
"""


@dataclass
class Survey:
    """Counts annotations before they are written: their bytes by span, and which is the longest.

    `first` and `last` are the ticks of the earliest and the latest from the start of the record.
    """

    loads: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    longest: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, ticks: Numbers, sizes: Numbers) -> None:
        """Count annotations at rising ticks, each with its bytes."""
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
        """The seconds that the annotations lie in; one at the end of a second needs no other."""
        if self.first is None or self.last is None:
            return range(0)
        begin = self.first // SECOND
        return range(begin, max(begin + 1, -(-self.last // SECOND)))

    def room(self, records: int) -> Room:
        """Return the least room in so many data records for what was counted."""
        total = int(self.loads.sum())
        low, high = -(-total // records), -(-total // min(records, SPREAD))
        while low < high:
            middle = (low + high) // 2
            if self._flows(middle):
                high = middle
            else:
                low = middle + 1
        return Room(records, total, low, self.longest)

    def _flows(self, each: int) -> bool:
        """Whether nothing is held up for longer than SPREAD where `each` bytes go in a second."""
        surplus = np.cumsum(self.loads - each * SPAN)
        lowest = np.minimum.accumulate(np.append(0, surplus[:-1]))
        return int((surplus - lowest).max(initial=0)) <= each * SPREAD


@dataclass(frozen=True)
class Room:
    """Data records through which annotations of `total` bytes flow, `each` bytes in one.

    One that begins in a data record lies in it, so there is room for all but the first byte of
    the longest besides.
    """

    records: int
    total: int
    each: int
    longest: int

    @property
    def size(self) -> int:
        """The bytes that annotations take at most in a data record."""
        return self.each + self.longest - 1 if self.total else 0


class Flow:
    """Places annotations, which come in the order of their ticks."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._passed = 0
        self._held = 0

    def places(self, seconds: Numbers, sizes: Numbers) -> Numbers:
        """Return in which data record each lies: of its second, or the next that is free.

        With `each` = 10, three of 6 bytes in second 0 begin at the bytes 0, 6 and 12 of the
        flow, so that the third lies in data record 1. Never does one begin so late that those
        after it would no longer fit.
        """
        room = self.room
        before = self._passed + np.cumsum(sizes) - sizes
        held = np.maximum.accumulate(np.append(self._held, seconds * room.each - before))
        late = room.records * room.each - (room.total - before)
        found: Numbers = np.minimum(before + held[1:], late) // room.each
        self._held = int(held[-1])
        self._passed += int(sizes.sum())
        return found
