"""The files of one record, each turned into what is stored of its channels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.models import Datatype
from apps.signals.formats.csv import reader as csv_reader
from apps.signals.formats.csv.reader import CsvTable
from apps.signals.formats.edf import header
from apps.signals.formats.edf import reader as edf_reader
from apps.signals.formats.file_names import EDF, HXD, INFO, STATISTICS, WAV
from apps.signals.formats.hxd import reader as hxd_reader
from apps.signals.formats.reading.columns import TableColumn
from apps.signals.formats.reading.members import DownloadMember, damage
from apps.signals.formats.reading.spool import Spool
from apps.signals.formats.wav import reader as wav_reader
from apps.signals.storage.series import Series

BDF_VERSION = b"\xffBIOSEMI"
"""The first bytes of BDF files, the 24-bit relative of EDF."""

_HIDDEN = re.compile(r"(^|/)(__MACOSX|\..*?)(/|$)")


@dataclass(frozen=True, slots=True)
class ReadSignal:
    """What a file contains of a channel: samples, or events with offsets in ticks from the start of
    the record.

    The series can be read until the next signal of the file is asked for.
    """

    datatype: Datatype
    series: Series


class SourceFile:
    """A file of a record."""

    unknown: Sequence[str] = ()
    """The content that belongs to no datatype."""

    start: int | None = None
    """The tick at which the record starts, if the file tells it."""

    tells_start: bool = False
    """Whether the file itself tells the start. Otherwise it is computed from the first samples."""

    def __init__(self, member: DownloadMember) -> None:
        self.member = member

    def end(self, _start: int) -> int | None:
        """Return the tick at which the record ends, if the file tells it."""
        return None

    def signals(self, start: int) -> Iterator[ReadSignal]:
        """Yield the signals of the file, for a record that begins at that tick.

        Raise ArchiveError and IngestionError.
        """
        raise NotImplementedError


class ChannelFile(SourceFile):
    """A file of one channel in binary form."""

    def __init__(self, member: DownloadMember, datatype: Datatype) -> None:
        super().__init__(member)
        self.datatype = datatype

    def signals(self, start: int) -> Iterator[ReadSignal]:
        """See SourceFile."""
        opened = hxd_reader.events if self.datatype.hexo_freq is None else wav_reader.samples
        with opened(self.member, self.datatype) as series:
            yield ReadSignal(self.datatype, series)


class TableFile(SourceFile):
    """A CSV file: of one asynchronous channel, by whose name it is called, or of several channels.

    If its first row is only a moment, it is the start, and the last row is the end (wire 5.5).
    Otherwise the start follows from the first samples of the synchronous channels, if they agree.
    """

    def __init__(self, member: DownloadMember, table: CsvTable, named: Datatype | None) -> None:
        super().__init__(member)
        self.table, self.named = table, named
        self.unknown = table.unknown
        self.start = None if table.relative else _table_start(table)
        self.tells_start = table.begins and not table.relative

    def end(self, start: int) -> int | None:
        """See SourceFile."""
        if self.table.last is None:
            return None
        return self.table.last + (start if self.table.relative else 0)

    def signals(self, start: int) -> Iterator[ReadSignal]:
        """See SourceFile. A channel without events only counts if the file has its name."""
        origin = 0 if self.table.relative else start
        for column in self.table.columns:
            if column.count or self.named is not None:
                yield _from_column(column, start, origin)


class EdfFile(SourceFile):
    """An EDF file."""

    def __init__(self, member: DownloadMember, recording: edf_reader.Recording) -> None:
        super().__init__(member)
        self.recording = recording
        self.unknown, self.start = recording.unknown, recording.start
        self.tells_start = True

    def end(self, _start: int) -> int | None:
        """See SourceFile."""
        return self.recording.end

    def signals(self, start: int) -> Iterator[ReadSignal]:
        """See SourceFile."""
        for datatype, series in self.recording.samples():
            yield ReadSignal(datatype, series)
        for column in self.recording.events():
            yield _from_column(column, start, start)


@dataclass(frozen=True, slots=True)
class Aside:
    """A file of which nothing is loaded, and why. `known` says that it is a file of a channel."""

    member: DownloadMember
    reason: str
    known: bool = False

    def __str__(self) -> str:
        return f"{self.member.path}: {self.reason}"


def channel_of(member: DownloadMember, names: Mapping[str, Datatype]) -> Datatype | None:
    """Return the channel whose name the file has, if any."""
    return names.get(member.stem)


def is_binary(member: DownloadMember, named: Datatype | None) -> bool:
    """Return whether the file has that channel in binary form."""
    if named is None:
        return False
    return member.suffix == (HXD if named.hexo_freq is None else WAV)


def source_of(
    member: DownloadMember,
    datatypes: Mapping[int, Datatype],
    names: Mapping[str, Datatype],
    spool: Spool,
) -> SourceFile | Aside | None:
    """Return the file as a source of signals, according to its name and titles, or why it is not
    one.

    Return None for a file that describes the record. Whatever has to be taken apart before it is
    stored goes into the spool. Raise ArchiveError and IngestionError.
    """
    if member.name in (INFO, STATISTICS):
        return None
    if _HIDDEN.search(member.path):
        return Aside(member, "is hidden")
    named = channel_of(member, names)
    is_channel = named is not None or member.suffix == EDF
    if is_channel and not member.size and member.suffix in (WAV, EDF, *csv_reader.TABLES):
        return Aside(member, "is empty (0 bytes)", known=True)
    if member.suffix in csv_reader.TABLES:
        found = csv_reader.read(member, datatypes, named, spool)
        return Aside(member, found) if isinstance(found, str) else TableFile(member, found, named)
    return _binary_source(member, names, named, spool)


def _binary_source(
    member: DownloadMember, names: Mapping[str, Datatype], named: Datatype | None, spool: Spool
) -> SourceFile | Aside:
    if member.suffix == EDF:
        _require_edf(member)
        return EdfFile(member, edf_reader.read(member, names, spool))
    if named is not None and is_binary(member, named):
        return ChannelFile(member, named)
    return Aside(member, _find_mismatch(member, named))


def _require_edf(member: DownloadMember) -> None:
    """Raise ArchiveError for a file that does not begin like an EDF file."""
    least, wanted = header.opening_size(), header.version()
    if member.size < least:
        raise member.error(f"is not an EDF file: {member.size} bytes, where its header has {least}")
    with damage(member.path), member.opener() as stream:
        version = stream.read(len(wanted))
    if version == BDF_VERSION:
        raise member.error("is BDF with 24 bits per sample, which is not supported")
    if version != wanted:
        raise member.error("is not an EDF file: it does not begin with the version, 0 and spaces")


def _find_mismatch(member: DownloadMember, named: Datatype | None) -> str:
    """Return why a file does not belong to a channel."""
    if member.suffix == ".zip":
        return "is a zip within the download; load it by itself"
    if member.suffix not in (WAV, HXD):
        return "is not a .wav, .hxd, .csv, .txt or .edf"
    if named is None:
        return "its name is not that of a channel"
    return f"is a {member.suffix}, but {named.name} is {_kind_of_channel(named)}"


def _kind_of_channel(datatype: Datatype) -> str:
    return (
        "a channel of events (.csv or .hxd)"
        if datatype.hexo_freq is None
        else "a channel of samples (.wav)"
    )


def _table_start(table: CsvTable) -> int | None:
    if table.begins:
        return table.first
    synchronous = [column for column in table.columns if column.datatype.hexo_freq]
    starts = {
        column.first - column.datatype.first_sample
        for column in synchronous
        if column.first is not None
    }
    return starts.pop() if len(starts) == 1 else None


def _from_column(column: TableColumn, start: int, origin: int) -> ReadSignal:
    """Return a column of a table whose ticks count from `origin`."""
    return ReadSignal(column.datatype, column.make_series(start, origin))
