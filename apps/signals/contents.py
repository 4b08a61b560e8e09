"""What of each record goes into a binary download, and at which moment its files begin.

Readers of the files know two things only: the start that info.json names, and the rate of each
channel. They put sample k of a fast channel k steps after that start, and of one of 1 Hz or
slower k + 1 steps (contract, formats F1). So what is left out of a window is chosen such that
this is right for every channel, and nothing comes from outside of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import thinning, wav
from apps.signals.plan import Found, Question, Stretch
from apps.signals.query import EVER
from apps.signals.reader import Source
from hexostore.hexotime import TICKS_PER_SECOND

Stretches = Mapping[tuple[int, int], Stretch]
"""What the plan takes of each channel, by record and datatype."""


@dataclass(frozen=True)
class Taken:
    """What a file holds of a channel: `samples` by number, or the events of lower <= tick < upper.

    `version` is the channel's when the request came.
    """

    datatype: Datatype
    source: Source
    samples: range
    lower: int
    upper: int
    version: bytes


@dataclass(frozen=True)
class Folder:
    """A record's files: `start` is the tick that info.json names, `end` where the window ends.

    `end` is None for a record that has not ended, in a window that does not either.
    """

    record: Record
    start: int
    end: int | None
    channels: list[Taken]


def folders(asked: Question) -> list[Folder]:
    """A folder per record that has something in the time asked for, by their start.

    Channels without a sample are among theirs. Two statements find records and datatypes.
    """
    found = {
        (stretch.source.record, stretch.source.datatype): stretch
        for one in asked.plan.series
        for stretch in one.stretches
    }
    rows = sorted(asked.plan.channels, key=lambda row: (row.record, row.datatype))
    records = Record.objects.only("start", "end", "user", "algo")
    known = records.in_bulk({row.record for row in rows})
    datatypes = Datatype.objects.in_bulk()  # all: a long list of ids would cost more than the rows
    by_record = groupby(rows, key=lambda row: row.record)
    theirs = {known[key]: list(channels) for key, channels in by_record if key in known}
    made = [_folder(record, rows, found, datatypes) for record, rows in theirs.items()]
    return sorted(filter(None, made), key=lambda folder: (folder.record.start, folder.record.pk))


def _is_inside(stretch: Stretch, record: Record) -> bool:
    """Whether there may be something of a channel in the time asked for."""
    if stretch.source.step:
        return bool(stretch.samples)
    late = record.end is not None and record.end < stretch.lower
    return not late and stretch.source.start < stretch.upper


def _folder(
    record: Record,
    rows: Sequence[Found],
    found: Stretches,
    datatypes: Mapping[int, Datatype],
) -> Folder | None:
    """The folder of a record; None where nothing of it lies in the time asked for."""
    stretches = [found.get((record.pk, row.datatype)) for row in rows]
    there = [stretch for stretch in stretches if stretch is not None]
    if not any(_is_inside(stretch, record) for stretch in there):
        return None
    lower, upper = there[0].lower, there[0].upper
    steps = [stretch.source.step for stretch in there if stretch.source.step]
    start = beginning(record.start or 0, steps, lower, upper)
    ends = [tick for tick in (record.end, upper) if tick is not None and tick < EVER]
    taken = [
        _taken(row, datatypes[row.datatype], stretch, start)
        for row, stretch in zip(rows, stretches, strict=True)
    ]
    return Folder(record, start, min(ends, default=None), taken)


def _taken(row: Found, datatype: Datatype, stretch: Stretch | None, start: int) -> Taken:
    version = bytes(row.version)
    if stretch is None:
        step = row.step or 0
        empty = Source(row.record, row.datatype, row.start, step, 0, row.dtype)
        return Taken(datatype, empty, range(0), start, start, version)
    source, samples = stretch.source, range(0)
    lower, upper = max(stretch.lower, start), stretch.upper
    if source.step:
        first = max(lower, start + _least(source.step))
        samples = thinning.window(source.start, source.step, source.count, first, upper)
    return Taken(datatype, source, samples, lower, upper, version)


def _least(step: int) -> int:
    """How long after the start of the files a sample must stand to be taken.

    Channels slower than 1 Hz cannot all begin where readers expect it without losing minutes of
    the others; theirs may stand up to a step earlier.
    """
    return wav.delay(step) if step <= TICKS_PER_SECOND else 1


def beginning(record: int, steps: Sequence[int], lower: int, upper: int) -> int:
    """The tick at which the files of a record begin that starts at tick `record`.

    That is the start of the record, or for a window that begins later the first moment in it at
    which a sample of every channel of at least 1 Hz may stand, a whole number of seconds after
    the start of the record if there is one of 1 Hz. Where no channel is faster, it is a step
    before the first sample; and where there are events only, the start of the record.
    """
    if lower <= record or not steps:
        return record
    wanted = lower - record
    grids = sorted({step for step in steps if step <= TICKS_PER_SECOND} or {max(steps)})
    if min(steps) >= TICKS_PER_SECOND:
        return record + max(0, _up(wanted, grids[-1]) - grids[-1])
    starts = [record + _up(wanted, grid) for grid in reversed(grids)]
    return next((start for start in starts if start < upper), starts[-1])


def _up(ticks: int, grid: int) -> int:
    """The next multiple of `grid`."""
    return -(-ticks // grid) * grid
