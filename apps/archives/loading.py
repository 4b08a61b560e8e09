"""Loading downloads of the real service, or of this one, as records of a user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

from django.db import connection, transaction

from apps.accounts.models import User
from apps.archives import info, names, sources
from apps.archives.info import Info
from apps.archives.members import ArchiveError, Member, opened
from apps.archives.sources import INFO, STATISTICS, Signal, Source
from apps.archives.spool import Spool
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals import store, upkeep
from apps.signals.ingestion import IngestionError
from apps.signals.series import Arrays, Series
from hexostore.hexotime import TICKS_PER_SECOND

LONGEST = 366 * 86_400 * TICKS_PER_SECOND
"""Ticks that a record may last."""

RECORDS = 1_000
"""Records in one download."""

UNKNOWN = 1_000
"""Files and columns that are not known and are named nevertheless."""

_RECORD = re.compile(r"record_(\d+)")
_RANGE = re.compile(r"range_\d+(-datatype_[\d-]+)?")


@dataclass
class Loaded:
    """What became of a record: its id, whether it is `new`, the number of samples or events by
    channel, and which of the channels `changed`.
    """

    folder: str
    record: int = 0
    start: int = 0
    end: int | None = None
    new: bool = False
    channels: dict[str, int] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What was loaded, the files and columns that are not known, and what else is to be said."""

    records: list[Loaded] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave_aside(self, names: list[str]) -> None:
        """Notes what is not known, as far as anybody would read it."""
        room = UNKNOWN - len(self.unknown)
        self.unknown += names[:room]
        more = f"more than {UNKNOWN} files and columns are not known"
        if len(names) > room and more not in self.notes:
            self.notes.append(more)


@dataclass
class Folder:
    """The files of one record, and the start that was given for those that do not tell it."""

    path: str
    members: list[Member]
    sources: list[Source]
    given: int | None

    def member(self, name: str) -> Member | None:
        """The file of that name."""
        return next((member for member in self.members if member.name == name), None)

    @property
    def unknown(self) -> list[str]:
        """The files that are of no channel, and the columns."""
        facts = {INFO, STATISTICS} if self.sources else set()
        facts |= {INFO} if _RANGE.fullmatch(self.path.rpartition("/")[2]) else set()
        used = {source.member.path for source in self.sources}
        rest = [one for one in self.members if one.path not in used and one.name not in facts]
        columns = [f"{one.member.path}: {name}" for one in self.sources for name in one.unknown]
        return [*(one.path for one in rest), *columns]

    @cached_property
    def info(self) -> Info:
        """What info.json says. Raises ArchiveError."""
        found = self.member(INFO)
        return info.read(found) if found else Info(None, None, None)

    @cached_property
    def start(self) -> int | None:
        """The tick at which the record begins: as info.json says, as a table says, or as given.

        Raises ArchiveError.
        """
        starts = (self.info.start, *(source.start for source in self.sources))
        found = next((start for start in starts if start is not None), self.given)
        if self.given not in (None, found):
            raise ArchiveError(f"{self.path}: starts at {found}, not at {self.given} as given")
        return None if found is None else info.tick(self.path or "start", found)


def load(place: Path, user: User, given: int | None = None) -> Report:
    """Loads a zip, a folder or a single file, with all records that it holds.

    A record is known by its user and start: what is there already stays, channels that differ
    are replaced. Each record is loaded whole or, when something is wrong with it, not at all;
    ArchiveError says what, and those before it remain. `given` is the start of a record whose
    files do not tell one.
    """
    report, startless = Report(), list[Folder]()
    with opened(place) as members:
        try:
            for folder in _folders(members, given, report):
                if folder.start is None:
                    startless.append(folder)
                else:
                    report.records.append(_load(folder, user, report))
        except (ArchiveError, IngestionError) as error:
            raise ArchiveError(f"{error}{_before(report)}") from error
    if not report.records:
        raise ArchiveError(_nothing(place, startless))
    for folder in startless:
        report.leave_aside([source.member.path for source in folder.sources])
    return report


def _before(report: Report) -> str:
    keys = ", ".join(str(loaded.record) for loaded in report.records)
    return f" (loaded before it: record {keys})" if keys else ""


def _nothing(place: Path, startless: list[Folder]) -> str:
    """Why there is no record at all."""
    if not startless:
        return f"{place}: no file in it is of a record"
    path = startless[0].path or startless[0].sources[0].member.path
    return f"{path}: nothing says when the record starts; give it with --record-start"


def _folders(members: list[Member], given: int | None, report: Report) -> Iterator[Folder]:
    """The folders that hold a record; the other files are reported."""
    datatypes = Datatype.objects.in_bulk()
    known = names.by_name(datatypes)
    by_folder = sorted(members, key=lambda member: member.folder)
    found = 0
    for path, group in groupby(by_folder, key=lambda member: member.folder):
        inside = list(group)
        with Spool() as spool:
            candidates = (_source(member, datatypes, known, spool) for member in inside)
            folder = Folder(path, inside, [one for one in candidates if one is not None], given)
            report.leave_aside(folder.unknown)
            found += bool(folder.sources)
            if found > RECORDS:
                raise ArchiveError(f"more than {RECORDS} records")
            if folder.sources:
                yield folder


def _source(
    member: Member,
    datatypes: Mapping[int, Datatype],
    known: Mapping[str, Datatype],
    spool: Spool,
) -> Source | None:
    try:
        return sources.of(member, datatypes, known, spool)
    except IngestionError as error:
        raise member.error(str(error)) from error


@transaction.atomic
def _load(folder: Folder, user: User, report: Report) -> Loaded:
    start = folder.start or 0
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    record, new = _record(folder, user, start)
    loaded = Loaded(folder.path, record.pk, start, new=new)
    for source in folder.sources:
        _store(source, record, start, loaded)
    _declare(folder, record, start, report)
    upkeep.settle(record)
    loaded.end = record.end
    return loaded


def _record(folder: Folder, user: User, start: int) -> tuple[Record, bool]:
    """The user's record of that start, made now if there is none, and whether it was.

    A new one has the id that it had, if that is free.
    """
    known = Record.objects.select_for_update(no_key=True).filter(user=user, start=start)
    record = known.order_by("pk").first()
    if record is not None:
        return record, False
    named = _RECORD.fullmatch(folder.path.rpartition("/")[2])
    key = info.record_id(named[1]) if named else folder.info.record
    if key is not None and Record.objects.filter(pk=key).exists():
        key = None
    made = Record.objects.create(
        pk=key, user=user, start=start, status="complete", algo=folder.info.algo, data_status={}
    )
    if key is not None:
        _pass(key)
    return made, True


def _pass(key: int) -> None:
    """Lets the ids of new records follow that one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(name, greatest(%s, nextval(name))) "
            "FROM pg_get_serial_sequence('records_record', 'id') AS name",
            [key],
        )


def _store(source: Source, record: Record, start: int, loaded: Loaded) -> None:
    """Stores what a file holds, a channel at a time."""
    try:
        for signal in source.signals(start):
            name = signal.datatype.channel or signal.datatype.name
            if name in loaded.channels:
                raise IngestionError(f"{name} is there already from another file")
            series = _limited(signal)
            if store.write_series(record, signal.datatype, series):
                loaded.changed.append(name)
            loaded.channels[name] = series.count
    except IngestionError as error:
        raise source.member.error(str(error)) from error


def _limited(signal: Signal) -> Series:
    """The series of a signal, which goes on for no longer than a record may."""
    series, step = signal.series, signal.datatype.hexo_freq
    if step and series.count * step > LONGEST:
        raise _too_long(signal)
    return series if step else Series(series.count, series.dtype, lambda: _events(signal))


def _events(signal: Signal) -> Iterator[Arrays]:
    for offsets, values in signal.series.pieces():
        if len(offsets) and offsets[-1] > LONGEST:
            raise _too_long(signal)
        yield offsets, values


def _too_long(signal: Signal) -> IngestionError:
    days = LONGEST // (86_400 * TICKS_PER_SECOND)
    return IngestionError(f"{signal.datatype.name} goes on for more than {days} days")


def _declare(folder: Folder, record: Record, start: int, report: Report) -> None:
    """Lets the record end no earlier than its files say."""
    ends = [end for source in folder.sources if (end := source.end(start)) is not None]
    found = folder.member(STATISTICS)
    if found is not None:
        said = info.statistics(found)
        ends += [] if said.end is None else [said.end]
        if said.start not in (None, start):
            report.notes.append(f"{found.path}: starts at {said.start}, the record at {start}")
    for end in ends:
        if not start <= end <= start + LONGEST:
            raise ArchiveError(f"{folder.path}: {end} is no end of a record from {start} on")
    last = max([*ends, record.end or start])
    if ends and last != record.end:
        record.end = last
        record.save(update_fields=["end", "last_modified"])
