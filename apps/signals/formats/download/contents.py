"""What of each record goes into a binary download, and at which moment its files begin.

Readers of the files know two things only: the start that info.json names, and the rate of each
channel. They put sample k of a fast channel k steps after that start, and of one of 1 Hz or
slower k + 1 steps (wire F1). So what is left out of a window is chosen such that
this is right for every channel, and nothing comes from outside of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np

from apps.api.versions import OLDEST
from apps.catalog.models import ALWAYS, ON_REQUEST, Datatype
from apps.records.models import Record
from apps.signals.formats.wav import writer as wav_writer
from apps.signals.selection.plan import ChannelRow, ChannelSlice, Question, unrecorded
from apps.signals.selection.query import EVER, EventForm
from apps.signals.storage import thinning
from apps.signals.storage.reader import StoredChannel
from hexostore.hexotime import TICKS_PER_SECOND

Form = Literal["wav"] | EventForm

Stretches = Mapping[tuple[int, int], ChannelSlice]
"""What the plan takes of each channel, by record and datatype."""


@dataclass(frozen=True)
class Taken:
    """What a file holds of a channel: `samples` by number, or the events of lower <= tick < upper.

    `version` is the channel's when the request came, None where there was none. `form` is the form
    of the file and the ending of its name.
    """

    datatype: Datatype
    source: StoredChannel
    samples: range
    lower: int
    upper: int
    version: bytes | None
    form: Form


@dataclass(frozen=True)
class ArchiveFolder:
    """A record's files: `start` is the tick that info.json names, `end` where the window ends.

    `end` is None for a record that has not ended, in a window that does not either.
    """

    record: Record
    start: int
    end: int | None
    channels: list[Taken]


def folders(asked: Question) -> list[ArchiveFolder]:
    """A folder per record that has something in the time asked for, by their start.

    Channels without a sample are among theirs. Two statements find records and datatypes.
    """
    rows = sorted(asked.plan.channels, key=lambda row: (row.record, row.datatype))
    records = Record.objects.only("start", "end", "user", "algo")
    known = records.in_bulk({row.record for row in rows})
    by_record = groupby(rows, key=lambda row: row.record)
    theirs = {known[key]: list(channels) for key, channels in by_record if key in known}
    selection = _Selection.of(asked)
    made = [selection.folder(record, rows) for record, rows in theirs.items()]
    return sorted(filter(None, made), key=lambda folder: (folder.record.start, folder.record.pk))


@dataclass(frozen=True)
class _Selection:
    """What becomes files: of a question that names no datatypes, the usual set of a download.

    `event_form` is the form of events, as far as it has room for their values.
    """

    datatypes: Mapping[int, Datatype]
    stretches: Stretches
    is_usual: bool
    event_form: EventForm

    @classmethod
    def of(cls, asked: Question) -> _Selection:
        """The selection that a question makes; one statement, the same for all questions."""
        stretches = {
            (stretch.source.record, stretch.source.datatype): stretch
            for one in asked.plan.series
            for stretch in one.stretches
        }
        named = asked.query.event_form
        form = named or ("hxd" if asked.context.version == OLDEST else "csv")
        return cls(Datatype.objects.in_bulk(), stretches, not asked.query.datatypes, form)

    def folder(self, record: Record, rows: Sequence[ChannelRow]) -> ArchiveFolder | None:
        """The folder of a record; None where nothing of it lies in the time asked for."""
        pairs = [(row, self.stretches.get((record.pk, row.datatype))) for row in rows]
        there = [stretch for _, stretch in pairs if stretch is not None]
        if not any(_is_inside(stretch, record) for stretch in there):
            return None
        lower, upper = there[0].lower, there[0].upper
        pairs = [(row, stretch) for row, stretch in pairs if self._takes(row)]
        steps = [each.source.step for _, each in pairs if each is not None and each.source.step]
        start = beginning(record.start or 0, steps, lower, upper)
        taken = [self._taken(row, stretch, start) for row, stretch in pairs]
        taken += self._missing(record, {row.datatype for row, _ in pairs}, start)
        taken.sort(key=lambda each: each.datatype.pk)
        ends = [tick for tick in (record.end, upper) if tick is not None and tick < EVER]
        return ArchiveFolder(record, start, min(ends, default=None), taken)

    def _takes(self, row: ChannelRow) -> bool:
        return not self.is_usual or self.datatypes[row.datatype].download != ON_REQUEST

    def _taken(self, row: ChannelRow, stretch: ChannelSlice | None, start: int) -> Taken:
        datatype, version = self.datatypes[row.datatype], bytes(row.version)
        form = self._form(row.step, row.dtype)
        if stretch is None:
            step = row.step or 0
            empty = StoredChannel(row.record, row.datatype, row.start, step, 0, row.dtype)
            return Taken(datatype, empty, range(0), start, start, version, form)
        source, samples = stretch.source, range(0)
        lower, upper = max(stretch.lower, start), stretch.upper
        if source.step:
            first = max(lower, start + _least(source.step))
            samples = thinning.window(source.start, source.step, source.count, first, upper)
        return Taken(datatype, source, samples, lower, upper, version, form)

    def _missing(self, record: Record, present: set[int], start: int) -> Iterator[Taken]:
        """What the usual set has of every record, though this one has no such channel."""
        for datatype in self.datatypes.values() if self.is_usual else ():
            if datatype.download == ALWAYS and datatype.pk not in present:
                empty = unrecorded(record.pk, datatype, start)
                form = self._form(empty.step, empty.dtype)
                yield Taken(datatype, empty, range(0), start, start, None, form)

    def _form(self, step: int | None, dtype: str) -> Form:
        """The form of a file; `.hxd` has no room for fractions."""
        if step:
            return "wav"
        return self.event_form if np.dtype(dtype).kind in "iu" else "csv"


def _is_inside(stretch: ChannelSlice, record: Record) -> bool:
    """Whether there may be something of a channel in the time asked for."""
    if stretch.source.step:
        return bool(stretch.samples)
    late = record.end is not None and record.end < stretch.lower
    return not late and stretch.source.start < stretch.upper


def _least(step: int) -> int:
    """How long after the start of the files a sample must stand to be taken.

    Channels slower than 1 Hz cannot all begin where readers expect it without losing minutes of
    the others; theirs may stand up to a step earlier.
    """
    return wav_writer.delay(step) if step <= TICKS_PER_SECOND else 1


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
