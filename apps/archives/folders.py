"""The folders of a download that hold a record, and which record each holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path, PurePosixPath

from apps.archives import sources
from apps.archives.sources import Aside, SourceFile
from apps.catalog.models import Datatype
from apps.signals.formats import file_names
from apps.signals.formats.csv import reader as csv_reader
from apps.signals.formats.download import info_reader, names
from apps.signals.formats.download.info_reader import Info
from apps.signals.formats.file_names import INFO, STATISTICS
from apps.signals.formats.reading.members import ArchiveError, DownloadMember
from apps.signals.formats.reading.spool import Spool
from apps.signals.storage.ingestion import IngestionError
from hexostore.hexotime import TICKS_PER_SECOND

Progress = Callable[[str], None]

RECORDS = 1_000
"""The most records in one download."""


@dataclass
class RecordFolder:
    """The files of one record.

    `called` is the name of the folder. The given start is used for files that do not tell one. A
    folder can also be the one above the folders of records.
    """

    path: str
    called: str
    members: list[DownloadMember]
    sources: list[SourceFile]
    asides: list[Aside]
    given: int | None = None
    is_above: bool = False

    def find_member(self, name: str) -> DownloadMember | None:
        """Return the file of that name."""
        return next((member for member in self.members if member.name == name), None)

    @property
    def unknown(self) -> list[str]:
        """The files that belong to no channel, and unknown columns."""
        files = [aside.member.path for aside in self.asides if not aside.known]
        if not (self.sources or self.is_above):
            files += [one.path for one in self.members if one.name in (INFO, STATISTICS)]
        columns = [f"{one.member.path}: {name}" for one in self.sources for name in one.unknown]
        return [*sorted(files), *columns]

    @property
    def left(self) -> list[str]:
        """The files of channels that are not loaded, with the reason."""
        return [str(aside) for aside in self.asides if aside.known]

    @cached_property
    def info(self) -> Info:
        """The content of info.json. Raise ArchiveError."""
        found = self.find_member(INFO)
        return info_reader.read(found) if found else Info(None, None, None)

    @cached_property
    def start(self) -> int | None:
        """The tick at which the record begins: from info.json, from a table, or as given. Raise
        ArchiveError."""
        starts = (self.info.start, *(source.start for source in self.sources))
        found = next((start for start in starts if start is not None), self.given)
        if self.given not in (None, found):
            raise ArchiveError(f"{self.title}: starts at {found}, not at {self.given} as given")
        if found is None:
            return None
        start = info_reader.tick(self.title, found)
        self._require_one_start(start)
        return start

    def _require_one_start(self, start: int) -> None:
        """Raise ArchiveError for a file with another start, because it belongs to another record.

        A difference of a second is allowed, since EDF may not tell the fraction.
        """
        for source in self.sources:
            told = source.start if source.tells_start else None
            if told is not None and abs(told - start) >= TICKS_PER_SECOND:
                raise source.member.error(
                    f"starts at {told}, the files beside it at {start}: these are two "
                    "records; load each by itself"
                )

    @cached_property
    def key(self) -> int | None:
        """The id of the record at its origin, if the folder or info.json tells it."""
        named = file_names.named_record(self.called)
        return info_reader.record_id(named) if named else self.info.record

    @property
    def title(self) -> str:
        """The name of the folder in messages; at the top, that of its first file."""
        return self.path or (self.sources[0].member.path if self.sources else self.called)


@dataclass
class FoundFolders:
    """The folders of a download that hold records.

    They are read again each time they are asked for. What else the last reading found is kept.
    """

    place: Path
    members: list[DownloadMember]
    given: int | None
    progress: Progress = lambda _: None
    unknown: list[str] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    startless: list[str] = field(default_factory=list)

    def each_folder(self) -> Iterator[RecordFolder]:
        """Yield each folder of a record with its start.

        It can be read until the next one is asked for. Raise ArchiveError.
        """
        self.unknown, self.asides, self.reasons, self.startless = [], [], [], []
        for number, folder in enumerate(self._with_sources(), start=1):
            if number > RECORDS:
                raise ArchiveError(f"more than {RECORDS} records")
            if folder.start is None:
                self.startless.append(folder.title)
                self.asides += [
                    f"{source.member.path}: its record's start is unknown"
                    for source in folder.sources
                ]
            else:
                yield folder

    def require_apart(self) -> None:
        """Raise ArchiveError if two folders would become one record, by start or by id.

        This is checked before anything is written. If there is only one folder, nothing is read.
        """
        if len({member.folder for member in self.members}) < 2:
            return
        starts, keys = dict[int, str](), dict[int, str]()
        for folder in self.each_folder():
            twin = starts.setdefault(folder.start or 0, folder.title)
            if twin != folder.title:
                raise ArchiveError(_same_start(twin, folder))
            if folder.key is None:
                continue
            twin = keys.setdefault(folder.key, folder.title)
            if twin != folder.title:
                raise ArchiveError(
                    f"{twin} and {folder.title}: both belong to record {folder.key}; nothing was "
                    "loaded. Load them one at a time"
                )

    def _with_sources(self) -> Iterator[RecordFolder]:
        datatypes = Datatype.objects.in_bulk()
        known = names.by_name(datatypes)
        above = _above_records(self.members)
        for path, group in groupby(sorted(self.members, key=_folder_of), key=_folder_of):
            with Spool() as spool:
                folder = self._read_folder(path, list(group), datatypes, known, spool)
                if path in above and (_is_range(folder) or folder.info.start is None):
                    folder = _beside_records(folder)
                self.unknown += folder.unknown
                self.asides += folder.left
                self.reasons += [str(aside) for aside in folder.asides]
                if folder.sources:
                    yield folder

    def _read_folder(
        self,
        path: str,
        members: list[DownloadMember],
        datatypes: Mapping[int, Datatype],
        known: Mapping[str, Datatype],
        spool: Spool,
    ) -> RecordFolder:
        binary = _binary_channels(members, known)
        found: list[SourceFile] = []
        asides: list[Aside] = []
        for member in members:
            self.progress(f"reading {member.path}")
            named = sources.channel_of(member, known)
            if named is not None and named.pk in binary and csv_reader.is_untitled(member):
                original = binary[named.pk].name
                asides.append(
                    Aside(member, f"is a copy of {original}, which is loaded", known=True)
                )
                continue
            one = _source_of(member, datatypes, known, spool)
            if isinstance(one, SourceFile):
                found.append(one)
            elif one is not None:
                asides.append(one)
        return RecordFolder(
            path, _name_of_folder(self.place, path), members, found, asides, self.given
        )


def _folder_of(member: DownloadMember) -> str:
    return member.folder


def _name_of_folder(place: Path, path: str) -> str:
    """Return the last part of a folder's path; at the top, the name of what was opened."""
    if path:
        return PurePosixPath(path).name
    place = place.resolve()
    return place.name if place.is_dir() else place.stem


def _binary_channels(
    members: Iterable[DownloadMember], known: Mapping[str, Datatype]
) -> dict[int, DownloadMember]:
    """Return the binary files of a folder that have content, by channel."""
    return {
        named.pk: member
        for member in members
        if (named := sources.channel_of(member, known)) is not None
        and sources.is_binary(member, named)
        and member.size
    }


def _source_of(
    member: DownloadMember,
    datatypes: Mapping[int, Datatype],
    known: Mapping[str, Datatype],
    spool: Spool,
) -> SourceFile | Aside | None:
    try:
        return sources.source_of(member, datatypes, known, spool)
    except IngestionError as error:
        raise member.error(str(error)) from error


def _above_records(members: Iterable[DownloadMember]) -> set[str]:
    """Return the folders that contain a folder of a record, as those of a range do."""
    records = {PurePosixPath(member.folder) for member in members}
    return {
        str(parent) if str(parent) != "." else ""
        for path in records
        if file_names.named_record(path.name)
        for parent in path.parents
    }


def _beside_records(folder: RecordFolder) -> RecordFolder:
    """Return the folder without its channel files, since nothing tells which record they belong
    to."""
    reason = "is beside the folders of records; move it into the folder of its record"
    asides = [Aside(source.member, reason, known=True) for source in folder.sources]
    return replace(folder, sources=[], asides=[*folder.asides, *asides], is_above=True)


def _is_range(folder: RecordFolder) -> bool:
    return folder.called.startswith(file_names.RANGE)


def _same_start(twin: str, folder: RecordFolder) -> str:
    advice = (
        "Load them one at a time, each with its own --record-start"
        if folder.given is not None
        else "Load them one at a time"
    )
    return (
        f"{twin} and {folder.title}: two records that start at {folder.start} would become one; "
        f"nothing was loaded. {advice}"
    )
