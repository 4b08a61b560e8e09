"""The files of one record, each turned into what is stored of its channels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.archives import edf, hxd, text, wav
from apps.archives.columns import TableColumn
from apps.archives.members import Member
from apps.archives.spool import Spool
from apps.archives.text import Table
from apps.catalog.models import Datatype
from apps.signals.series import Series

INFO, STATISTICS = "info.json", "statistics.csv"

_HIDDEN = re.compile(r"(^|/)(__MACOSX|\..*?)(/|$)")


@dataclass(frozen=True, slots=True)
class Signal:
    """What a file holds of a channel: samples, or events with offsets in ticks from the start of
    the record. The series can be read until the next signal of the file is asked for.
    """

    datatype: Datatype
    series: Series


class Source:
    """A file of a record."""

    unknown: Sequence[str] = ()
    """What is in it that belongs to no datatype."""

    start: int | None = None
    """The tick at which the record starts, where the file tells it."""

    def __init__(self, member: Member) -> None:
        self.member = member

    def end(self, _start: int) -> int | None:
        """The tick at which the record ends, where the file tells it."""
        return None

    def signals(self, start: int) -> Iterator[Signal]:
        """What the file holds, of a record that begins at that tick.

        Raises ArchiveError and IngestionError.
        """
        raise NotImplementedError


class ChannelFile(Source):
    """A file of one channel in binary form."""

    def __init__(self, member: Member, datatype: Datatype) -> None:
        super().__init__(member)
        self.datatype = datatype

    def signals(self, start: int) -> Iterator[Signal]:
        """See Source."""
        opened = hxd.events if self.datatype.hexo_freq is None else wav.samples
        with opened(self.member, self.datatype) as series:
            yield Signal(self.datatype, series)


class TableFile(Source):
    """A CSV file: of an asynchronous channel, whose name it has, or of several channels.

    Its first row, where it is but a moment, is the start, and its last one the end (contract,
    merged files). Where it is not, the start is where the first sample of every synchronous
    channel tells it, if they agree.
    """

    def __init__(self, member: Member, table: Table, named: bool) -> None:
        super().__init__(member)
        self.table, self.named = table, named
        self.unknown = table.unknown
        self.start = None if table.relative else _table_start(table)

    def end(self, start: int) -> int | None:
        """See Source."""
        if self.table.last is None:
            return None
        return self.table.last + (start if self.table.relative else 0)

    def signals(self, start: int) -> Iterator[Signal]:
        """See Source. A channel without events is one only where the file has its name."""
        origin = 0 if self.table.relative else start
        for column in self.table.columns:
            if column.count or self.named:
                yield _from_column(column, start, origin)


class EdfFile(Source):
    """An EDF file."""

    def __init__(self, member: Member, recording: edf.Recording) -> None:
        super().__init__(member)
        self.recording = recording
        self.unknown, self.start = recording.unknown, recording.start

    def end(self, _start: int) -> int | None:
        """See Source."""
        return self.recording.end

    def signals(self, start: int) -> Iterator[Signal]:
        """See Source."""
        for datatype, series in self.recording.samples():
            yield Signal(datatype, series)
        for column in self.recording.events():
            yield _from_column(column, start, start)


def of(
    member: Member,
    datatypes: Mapping[int, Datatype],
    names: Mapping[str, Datatype],
    spool: Spool,
) -> Source | None:
    """The file as a source of signals, by its name and titles; None if it is none.

    What has to be taken apart to be stored is put into the spool. Raises ArchiveError and
    IngestionError.
    """
    if member.name in (INFO, STATISTICS) or _HIDDEN.search(member.path):
        return None
    named = names.get(member.stem)
    if member.suffix == ".csv":
        table = text.read(member, datatypes, named, spool)
        return None if table is None else TableFile(member, table, named is not None)
    if member.suffix == ".edf":
        return EdfFile(member, edf.read(member, names, spool))
    if named is not None and member.suffix == (".hxd" if named.hexo_freq is None else ".wav"):
        return ChannelFile(member, named)
    return None


def _table_start(table: Table) -> int | None:
    if table.begins:
        return table.first
    synchronous = [column for column in table.columns if column.datatype.hexo_freq]
    starts = {
        column.first - column.datatype.first_sample
        for column in synchronous
        if column.first is not None
    }
    return starts.pop() if len(starts) == 1 else None


def _from_column(column: TableColumn, start: int, origin: int) -> Signal:
    """A column of a table, whose ticks count from `origin`."""
    return Signal(column.datatype, column.series(start, origin))
