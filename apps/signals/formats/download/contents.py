"""What each record contributes to a binary download, and the moment at which its files begin.

Readers of the files know only two things: the start in info.json, and the rate of each channel.
They put sample k of a fast channel k steps after that start, and sample k of a channel of 1 Hz or
slower k + 1 steps after it (wire F1). So samples at the edge of a window are left out until this is
correct for every channel, and nothing from outside is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
"""What the plan takes from each channel, by record and datatype."""


@dataclass(frozen=True)
class Taken:
    """What a file takes from a channel: `samples` by number, or the events of lower <= tick <
    upper.

    `version` is that of the channel when the request came, None if there was no channel. `form` is
    the format of the file and its suffix.
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
    """A record's files: `start` is the tick in info.json, and `end` is the end of the window.

    `end` is None for a record without an end in a window without an end.
    """

    record: Record
    start: int
    end: int | None
    channels: list[Taken]


def find_folders(asked: Question) -> list[ArchiveFolder]:
    """Return a folder for each record that has something in the requested time, by start.

    Channels without samples are included. Two statements find records and datatypes.
    """
    rows = sorted(asked.plan.channels, key=lambda row: (row.record, row.datatype))
    records = Record.objects.only("start", "end", "user", "algo")
    known = records.in_bulk({row.record for row in rows})
    selection = _Selection.select(asked)
    found = []
    for key, channels in groupby(rows, key=lambda row: row.record):
        if key in known:
            folder = selection.make_folder(known[key], list(channels))
            if folder is not None:
                found.append(folder)
    return sorted(found, key=lambda folder: (folder.record.start, folder.record.pk))


@dataclass(frozen=True)
class _Selection:
    """Which channels become files: without requested datatypes, the usual set of a download.

    `event_form` is the format of events, if it can hold their values.
    """

    datatypes: Mapping[int, Datatype]
    stretches: Stretches
    is_usual: bool
    event_form: EventForm

    @classmethod
    def select(cls, asked: Question) -> _Selection:
        """Return the selection for a question. It takes one statement, the same for all
        questions."""
        stretches = {
            (stretch.source.record, stretch.source.datatype): stretch
            for one in asked.plan.series
            for stretch in one.stretches
        }
        named = asked.query.event_form
        form = named or ("hxd" if asked.context.version == OLDEST else "csv")
        return cls(Datatype.objects.in_bulk(), stretches, not asked.query.datatypes, form)

    def make_folder(self, record: Record, rows: Sequence[ChannelRow]) -> ArchiveFolder | None:
        """Return the folder of a record; None if it has nothing in the requested time."""
        stretches = {
            row.datatype: self.stretches[record.pk, row.datatype]
            for row in rows
            if (record.pk, row.datatype) in self.stretches
        }
        if not any(_is_inside(stretch, record) for stretch in stretches.values()):
            return None
        any_of_them = next(iter(stretches.values()))
        lower, upper = any_of_them.lower, any_of_them.upper  # the same for all
        wanted = [row for row in rows if self._is_wanted(row)]
        # With ECG and heart rate, a window from 0:10.5 to 0:20 gives a folder from 0:11 to 0:20.
        steps = _steps_of(stretches[row.datatype] for row in wanted if row.datatype in stretches)
        start = find_beginning(record.start or 0, steps, lower, upper)
        taken = [self._take_channel(row, stretches.get(row.datatype), start) for row in wanted]
        present = {row.datatype for row in wanted}
        taken += self._missing_channels(record, present, start)
        taken.sort(key=lambda each: each.datatype.pk)
        return ArchiveFolder(record, start, _first_end(record.end, upper), taken)

    def _is_wanted(self, row: ChannelRow) -> bool:
        return not self.is_usual or self.datatypes[row.datatype].download != ON_REQUEST

    def _take_channel(self, row: ChannelRow, stretch: ChannelSlice | None, start: int) -> Taken:
        datatype, version = self.datatypes[row.datatype], bytes(row.version)
        form = self._choose_format(row.step, row.dtype)
        if stretch is None:
            step = row.step or 0
            empty = StoredChannel(row.record, row.datatype, row.start, step, 0, row.dtype)
            return Taken(datatype, empty, range(0), start, start, version, form)
        source, samples = stretch.source, range(0)
        lower, upper = max(stretch.lower, start), stretch.upper
        if source.step:
            first = max(lower, start + _least_lead(source.step))
            samples = thinning.window(source.start, source.step, source.count, first, upper)
        return Taken(datatype, source, samples, lower, upper, version, form)

    def _missing_channels(self, record: Record, present: set[int], start: int) -> Iterator[Taken]:
        """Yield the channels of the usual set that every record has but this one lacks."""
        if not self.is_usual:
            return
        for datatype in self.datatypes.values():
            if datatype.download == ALWAYS and datatype.pk not in present:
                empty = unrecorded(record.pk, datatype, start)
                form = self._choose_format(empty.step, empty.dtype)
                yield Taken(datatype, empty, range(0), start, start, None, form)

    def _choose_format(self, step: int | None, dtype: str) -> Form:
        """Return the format of a file. `.hxd` cannot hold fractions."""
        if step:
            return "wav"
        return self.event_form if np.dtype(dtype).kind in "iu" else "csv"


def _steps_of(stretches: Iterable[ChannelSlice]) -> list[int]:
    """Return the ticks between the samples of each synchronous channel."""
    return [stretch.source.step for stretch in stretches if stretch.source.step]


def _first_end(end: int | None, upper: int) -> int | None:
    """Return the tick at which a record or the requested time ends; None if neither does."""
    if end is None:
        return upper if upper < EVER else None
    return min(end, upper)


def _is_inside(stretch: ChannelSlice, record: Record) -> bool:
    """Return whether a channel may have something in the requested time."""
    if stretch.source.step:
        return bool(stretch.samples)
    late = record.end is not None and record.end < stretch.lower
    return not late and stretch.source.start < stretch.upper


def _least_lead(step: int) -> int:
    """Return how long after the start of the files a sample must be in order to be taken.

    Channels slower than 1 Hz cannot all begin where readers expect them without losing minutes of
    the others. Their samples may be up to a step earlier.
    """
    return wav_writer.delay(step) if step <= TICKS_PER_SECOND else 1


def find_beginning(record: int, steps: Sequence[int], lower: int, upper: int) -> int:
    """Return the tick at which the files of a record begin that starts at tick `record`.

    For the whole record, this is its start. For a later window, it is the first moment in it at
    which every channel of at least 1 Hz can have a sample. If there is a 1 Hz channel, it is a
    whole number of seconds after the start of the record. If no channel is that fast, it is a step
    before the first sample. If there are only events, it is the start of the record.
    """
    if lower <= record or not steps:
        return record
    # ECG has a sample at every tick, heart rate at every 256th. For a record that begins at tick 0
    # and a window from tick 300, the files begin at tick 512 with both, at 300 with ECG alone, and
    # at 256 with heart rate alone, whose first sample readers put a second later.
    wanted = lower - record
    fast = {step for step in steps if step <= TICKS_PER_SECOND}
    grids = sorted(fast or {max(steps)})
    if min(steps) >= TICKS_PER_SECOND:
        widest = grids[-1]
        return record + max(0, _round_up(wanted, widest) - widest)
    starts = [record + _round_up(wanted, grid) for grid in reversed(grids)]
    return next((start for start in starts if start < upper), starts[-1])


def _round_up(ticks: int, grid: int) -> int:
    """Return the next multiple of `grid`."""
    return -(-ticks // grid) * grid
