"""Binary downloads: a ZIP with a folder per record and a file per channel (behaviour 3.3).

A channel is decoded only when its file is sent. The exceptions are those that the size depends on:
positions, the events of a window, and what statistics.csv needs beyond the counts of each chunk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from hashlib import blake2b
from itertools import chain, groupby
from typing import Any
from zlib import crc32

from apps.api import registry
from apps.api.errors import BadRequest
from apps.api.versions import NEWEST
from apps.signals.delivery import Delivery
from apps.signals.formats.download import contents, files, info, statistics, zip_stream
from apps.signals.formats.download.contents import ArchiveFolder, Taken
from apps.signals.formats.download.files import FolderFile
from apps.signals.formats.download.statistics import ColumnHeading, Lines, Window
from apps.signals.formats.download.zip_stream import Moment, ZipMember
from apps.signals.formats.file_names import INFO, RANGE, STATISTICS, record_name
from apps.signals.models import Channel
from apps.signals.selection.plan import Question
from apps.signals.storage import reader
from apps.signals.storage.digests import Digest
from apps.signals.storage.reader import Gone, Piece, StoredChannel
from hexostore import hexotime

MEDIA_TYPE = "application/octet-stream"

_LONGEST = 200
"""The most characters of a folder's name. File systems allow 255."""

_LAYOUT = b"metrics"
"""Change this word whenever the same files are written differently, because ETags must change."""

_NAMED = 10
"""The most records that a refusal lists."""

_EARLIEST: Moment = (1980, 1, 1, 0, 0, 0)
_YEARS = range(1980, 2108)
"""The times that a ZIP archive can express."""


def respond(asked: Question) -> Delivery:
    """Return the download. If there is nothing in the requested time, it is an archive without
    files.

    Raise BadRequest for data of several records in the newest version (Data page: "only data from a
    single record may be returned per request"), unless one range is requested.
    """
    archive = Archive(asked, contents.find_folders(asked))
    return Delivery(
        MEDIA_TYPE, archive.pieces, archive.length, f"{archive.name}.zip", archive.fingerprint
    )


class Archive:
    """The files that answer a question."""

    def __init__(self, asked: Question, folders: list[ArchiveFolder]) -> None:
        self.asked, self.folders = asked, folders
        self.range = _only_range(asked)
        if len(folders) > 1 and self.range is None and asked.context.version == NEWEST:
            raise BadRequest(_too_many([folder.record.pk for folder in folders]))

    @cached_property
    def name(self) -> str:
        """The name of the file, without its suffix."""
        if self.range is not None:
            return _range_name(self.range)
        if len(self.folders) != 1:
            return "data"
        (folder,) = self.folders
        return record_name(folder.record.pk)

    @property
    def fingerprint(self) -> str:
        """What the bytes depend on besides the plan; no sample is read for it."""
        digest = blake2b(repr(self._columns).encode(), digest_size=16, person=_LAYOUT)
        digest.update(self._lines.fingerprint())
        for folder in self.folders:
            digest.update(
                f"{self._folder_path(folder)} {folder.end}".encode() + self._info_file(folder)
            )
            digest.update(" ".join(files.file_names_of(folder.channels)).encode())
            digest.update(b"".join(taken.version or b"" for taken in folder.channels))
        return digest.hexdigest()

    def length(self) -> int:
        """Return the length in bytes."""
        return zip_stream.archive_size(self._each_member(iter(())))

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces of a new archive. Raise Gone if a channel changed before it was
        complete."""
        parts = chain.from_iterable(file.parts for file in self._files.values())
        pieces = reader.read(parts, strict=True)
        by_channel = (each for _, each in groupby(pieces, key=lambda piece: piece.source))
        members = self._check_members(self._each_member(by_channel))
        yield from zip_stream.stream_members(members)

    def _check_members(self, members: Iterator[ZipMember]) -> Iterator[ZipMember]:
        """Yield the files, and check at the end that all are from one time.

        Otherwise it would go unseen if another channel of the same length replaced one. Records
        that still grow are exempt.
        """
        yield from members
        if self.asked.plan.version is None:
            return
        records = [folder.record.pk for folder in self.folders]
        rows = Channel.objects.filter(record__in=records)
        found = rows.values_list("record_id", "datatype_id", "version")
        versions = {(record, datatype): bytes(version) for record, datatype, version in found}
        for taken in self._every_taken():
            key = taken.source.record, taken.source.datatype
            if versions.get(key) != taken.version:
                raise Gone(f"datatype {key[1]} of record {key[0]}")

    def _each_member(self, by_channel: Iterator[Iterator[Piece]]) -> Iterator[ZipMember]:
        """Yield every file; `by_channel` yields the pieces of each non-empty channel, in turn."""
        if self.range is not None and self.folders:
            top, first = _range_directory(self.asked, self.range), self.folders[0].start
            yield _text_member(f"{top}/{INFO}", _modification_time(first), self._range_info)
        for folder in self.folders:
            directory, moment = self._folder_path(folder), _modification_time(folder.start)
            yield _text_member(f"{directory}/{INFO}", moment, self._info_file(folder))
            yield _text_member(f"{directory}/{STATISTICS}", moment, self._statistics_file(folder))
            names = files.file_names_of(folder.channels)
            for name, taken in zip(names, folder.channels, strict=True):
                file = self._files[taken.source]
                crc = partial(_crc_of, file)
                data = partial(_verify_bytes, file, by_channel)
                yield ZipMember(f"{directory}/{name}", moment, file.size, crc, data)

    @cached_property
    def _files(self) -> dict[StoredChannel, FolderFile]:
        """The file of each channel, in their order."""
        context, events = self.asked.context, files.find_events(self._every_taken())
        return {
            taken.source: FolderFile(taken, folder, context, events)
            for folder in self.folders
            for taken in folder.channels
        }

    def _every_taken(self) -> Iterator[Taken]:
        return (taken for folder in self.folders for taken in folder.channels)

    def _folder_path(self, folder: ArchiveFolder) -> str:
        own = record_name(folder.record.pk)
        return own if self.range is None else f"{_range_directory(self.asked, self.range)}/{own}"

    @property
    def _range_info(self) -> bytes:
        """The first thing that the converter looks at: the start from which all times are
        counted."""
        first = self.folders[0]
        start = max(first.record.start or 0, self.asked.query.lower)
        return info.range_text(first.record.user_id, start, self.asked.path)

    def _info_file(self, folder: ArchiveFolder) -> bytes:
        return info.info_text(folder.record, folder.start, self.asked.path, self.asked.context)

    def _statistics_file(self, folder: ArchiveFolder) -> bytes:
        key = folder.record.pk
        uri = registry.model_resource("record").uri(self.asked.context, key)
        date = info.format_date(folder.start, " ")
        first = (uri, date, folder.start, folder.end)
        return statistics.text(self._columns, first, self._cells[key])

    @cached_property
    def _lines(self) -> Lines:
        """What statistics.csv is to say of each folder."""
        windows = [Window(each.record.pk, each.start, each.end) for each in self.folders]
        return statistics.provided().lines(windows)

    @cached_property
    def _cells(self) -> dict[int, list[str]]:
        """What stands in the columns of statistics.csv, by record."""
        records = [folder.record.pk for folder in self.folders]
        return dict(zip(records, self._lines.cells(), strict=True))

    @cached_property
    def _columns(self) -> Sequence[ColumnHeading]:
        return statistics.provided().columns()


def _text_member(name: str, moment: Moment, text: bytes) -> ZipMember:
    return ZipMember(name, moment, len(text), partial(crc32, text), partial(list, [text]))


def _crc_of(file: FolderFile) -> int:
    return file.digest.crc


def _verify_bytes(file: FolderFile, by_channel: Iterator[Iterator[Piece]]) -> Iterator[Any]:
    """Yield the bytes of the file. Raise Gone at their end if they do not have the announced
    digest."""
    pieces = () if file.is_empty else next(by_channel)
    size = crc = 0
    for data in file.file_bytes(pieces):
        size += memoryview(data).nbytes
        crc = crc32(data, crc)
        yield data
    if file.digest != Digest(size, crc):
        source = file.taken.source
        raise Gone(f"datatype {source.datatype} of record {source.record}")


def _modification_time(start: int) -> Moment:
    """Return the modification time of a record's files in the archive: its start."""
    try:
        moment = hexotime.to_datetime(start)
    except OverflowError:
        return _EARLIEST
    if moment.year not in _YEARS:
        return _EARLIEST
    return moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second


def _only_range(asked: Question) -> int | None:
    """Return the range that the query names, if it names exactly one."""
    named = [choice.named() for choice in asked.query.ranges]
    if len(named) != 1 or len(named[0]) != 1:
        return None
    return min(named[0])


def _range_directory(asked: Question, key: int) -> str:
    """Return `range_61495-datatype_4113-18`, with the data types in the requested order."""
    short = _range_name(key)
    lists = [each.keys for each in asked.query.datatypes if each.lookup == "in"]
    if not lists or not lists[0]:
        return short
    texts = [str(each) for each in dict.fromkeys(lists[0])]
    full = f"{short}-datatype_{'-'.join(texts)}"
    return full if len(full) <= _LONGEST else short


def _range_name(key: int) -> str:
    return f"{RANGE}{key}"


def _too_many(records: list[int]) -> str:
    listed = ", ".join(map(str, records[:_NAMED]))
    if len(records) > _NAMED:
        listed += ", …"
    return (
        f"The binary format can only contain one record per request, and this one matches "
        f"{len(records)}: {listed}. Choose one with record=, or use a range."
    )
