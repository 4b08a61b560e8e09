"""Loading downloads of the real service, or of this one, as records of a user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from apps.accounts.models import User
from apps.archives.folders import FoundFolders, Progress, RecordFolder
from apps.archives.report import Loaded, Report
from apps.archives.sources import ReadSignal, SourceFile
from apps.records.models import Record
from apps.signals.formats.download import info_reader
from apps.signals.formats.file_names import STATISTICS
from apps.signals.formats.reading.members import ArchiveError, opened
from apps.signals.storage import record_state, store
from apps.signals.storage.ingestion import IngestionError
from apps.signals.storage.series import Arrays, Series
from hexostore.hexotime import TICKS_PER_SECOND

LONGEST = 366 * 86_400 * TICKS_PER_SECOND
"""The longest record, in ticks."""

REASONS = 3
"""The most files that are named, each with its reason, if nothing could be loaded."""


def load_place(
    place: Path,
    user: User,
    given: int | None = None,
    *,
    replace: bool = False,
    progress: Progress = lambda _: None,
) -> Report:
    """Load a zip, a folder or a single file, with all records that it contains.

    A record is identified by its user and start. Existing data stays: other channels are added, and
    a channel that differs is refused unless `replace` is set. Two folders that would become one
    record are refused before anything is written. Each record is loaded completely or not at all.
    If one fails, ArchiveError says why, and the records before it remain. `given` is the start of a
    record whose files do not tell one. `progress` is called for each file.
    """
    report = Report()
    with opened(place) as members:
        found = FoundFolders(place, members, given, progress)
        found.require_apart()
        try:
            for folder in found.each_folder():
                progress(f"storing {folder.title}")
                report.records.append(_load_folder(folder, user, report, replace=replace))
        except (ArchiveError, IngestionError) as error:
            raise ArchiveError(f"{error}{_describe_loaded(report)}") from error
    if not report.records:
        raise ArchiveError(_explain_nothing(found))
    report.name_unknown(found.unknown)
    report.leave_aside(found.asides)
    return report


@transaction.atomic
def load_into(
    place: Path,
    record: Record,
    *,
    replace: bool = False,
    progress: Progress = lambda _: None,
) -> Loaded:
    """Load the files of one record into a record that is there, completely or not at all.

    Other channels are added, and a channel that differs is refused unless `replace` is set. Raise
    ArchiveError, also for files of several records, and of one with another start.
    """
    loaded = None
    with opened(place) as members:
        found = FoundFolders(place, members, record.start, progress)
        try:
            for folder in found.each_folder():
                if loaded is not None:
                    raise ArchiveError(f"{place}: contains several records")
                loaded = Loaded(folder.path, record.pk, folder.start or 0)
                _fill_record(folder, record, loaded, Report(), replace=replace)
        except IngestionError as error:
            raise ArchiveError(str(error)) from error
    if loaded is None:
        raise ArchiveError(_explain_nothing(found))
    return loaded


def _describe_loaded(report: Report) -> str:
    keys = ", ".join(str(loaded.record) for loaded in report.records)
    return f" (loaded before it: record {keys})" if keys else ""


def _explain_nothing(found: FoundFolders) -> str:
    """Return why there is no record at all."""
    if found.startless:
        first = found.startless[0]
        return f"{first}: the start of the record is unknown; give it with --record-start"
    reasons = "; ".join(found.reasons[:REASONS])
    more = len(found.reasons) - REASONS
    others = f"; and {more} more" if more > 0 else ""
    colon = ": " if reasons else ""
    return f"{found.place}: it contains no file of a record{colon}{reasons}{others}"


@transaction.atomic
def _load_folder(folder: RecordFolder, user: User, report: Report, *, replace: bool) -> Loaded:
    start = folder.start or 0
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    record, new = _find_or_make_record(folder, user, start)
    loaded = Loaded(folder.path, record.pk, start, new=new)
    _fill_record(folder, record, loaded, report, replace=new or replace)
    if not (new or replace):
        _require_one_record(folder, loaded, report)
    return loaded


def _fill_record(
    folder: RecordFolder, record: Record, loaded: Loaded, report: Report, *, replace: bool
) -> None:
    """Store the content of a folder in a record. Raise ArchiveError or IngestionError."""
    kept = UnchangedChannels() if replace else UnchangedChannels.read_channels(record)
    for source in folder.sources:
        _store_source(source, record, loaded, kept)
    _declare_end(folder, record, loaded.start, report)
    record_state.settle(record)
    loaded.end = record.end


def _find_or_make_record(folder: RecordFolder, user: User, start: int) -> tuple[Record, bool]:
    """Return the user's record with that start, and whether it was created now.

    A new record keeps its former id if that is free.
    """
    known = Record.objects.select_for_update(no_key=True).filter(user=user, start=start)
    record = known.order_by("pk").first()
    if record is not None:
        return record, False
    key = folder.key
    if key is not None and Record.objects.filter(pk=key).exists():
        key = None
    made = Record.objects.create(
        pk=key, user=user, start=start, status="complete", algo=folder.info.algo, data_status={}
    )
    if key is not None:
        _skip_ids_up_to(key)
    return made, True


def _skip_ids_up_to(key: int) -> None:
    """Make sure that the ids of new records are higher than that one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(name, greatest(%s, nextval(name))) "
            "FROM pg_get_serial_sequence('records_record', 'id') AS name",
            [key],
        )


@dataclass(frozen=True, slots=True)
class UnchangedChannels:
    """The non-empty channels of a record that must not change, by datatype."""

    datatypes: frozenset[int] = frozenset()

    @classmethod
    def read_channels(cls, record: Record) -> UnchangedChannels:
        """Return all channels of the record."""
        there = record.channels.filter(count__gt=0)
        return cls(frozenset(there.values_list("datatype_id", flat=True)))


def _store_source(
    source: SourceFile, record: Record, loaded: Loaded, kept: UnchangedChannels
) -> None:
    """Store the content of a file, one channel at a time.

    A channel that must not change is written too, to see whether it differs. The error then undoes
    the write.
    """
    try:
        for signal in source.signals(loaded.start):
            name = signal.datatype.channel or signal.datatype.name
            if name in loaded.channels:
                raise IngestionError(f"{name} was already loaded from another file")
            series = _limit_series(signal)
            if store.write_series(record, signal.datatype, series):
                if signal.datatype.pk in kept.datatypes:
                    raise IngestionError(
                        f"record {record.pk}, which also starts at {loaded.start}, already has "
                        f"another {name}; --replace replaces it"
                    )
                loaded.changed.append(name)
            loaded.channels[name] = series.count
    except IngestionError as error:
        raise source.member.error(str(error)) from error


def _require_one_record(folder: RecordFolder, loaded: Loaded, report: Report) -> None:
    """Raise ArchiveError if something would be added to another record with the same start.

    A record has the id that it came with, if that was free. So if the id of the files is still
    free, they do not belong to this record. If they say the same nevertheless, that is noted.
    """
    if folder.key in (None, loaded.record) or Record.objects.filter(pk=folder.key).exists():
        return
    found = (
        f"{folder.title}: belongs to record {folder.key}, "
        f"but record {loaded.record} has the same start"
    )
    if loaded.changed:
        raise ArchiveError(f"{found}; --replace adds it there")
    report.notes.append(f"{found} and the same samples")


def _limit_series(signal: ReadSignal) -> Series:
    """Return the series of a signal, which cannot be longer than a record may be."""
    series, step = signal.series, signal.datatype.hexo_freq
    if step and series.count * step > LONGEST:
        raise _too_long(signal)
    return series if step else Series(series.count, series.dtype, lambda: _event_arrays(signal))


def _event_arrays(signal: ReadSignal) -> Iterator[Arrays]:
    for offsets, values in signal.series.pieces():
        if len(offsets) and offsets[-1] > LONGEST:
            raise _too_long(signal)
        yield offsets, values


def _too_long(signal: ReadSignal) -> IngestionError:
    days = LONGEST // (86_400 * TICKS_PER_SECOND)
    return IngestionError(f"{signal.datatype.name} lasts more than {days} days")


def _declare_end(folder: RecordFolder, record: Record, start: int, report: Report) -> None:
    """Make sure that the record ends no earlier than its files say."""
    ends = [end for source in folder.sources if (end := source.end(start)) is not None]
    found = folder.find_member(STATISTICS)
    if found is not None:
        said = info_reader.statistics(found)
        ends += [] if said.end is None else [said.end]
        if said.start not in (None, start):
            report.notes.append(f"{found.path}: starts at {said.start}, the record at {start}")
    for end in ends:
        if not start <= end <= start + LONGEST:
            raise ArchiveError(
                f"{folder.path}: {end} cannot be the end of a record that starts at {start}"
            )
    last = max([*ends, record.end or start])
    if ends and last != record.end:
        record.end = last
        record.save(update_fields=["end", "last_modified"])
