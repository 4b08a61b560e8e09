"""The signals of the records of a seed: listed values, a file beside the seed, or a simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import UnionType
from typing import Any

from apps.archives import loading
from apps.archives.loading import LONGEST, UnchangedChannels
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.sandbox import simulations
from apps.sandbox.seed_rows import SeedError, SeedRow, State
from apps.sandbox.simulations import SimulationError
from apps.signals.formats.download import names
from apps.signals.formats.json import reader
from apps.signals.formats.reading.members import ArchiveError
from apps.signals.storage import record_state, store
from apps.signals.storage.ingestion import IngestionError
from apps.simulation import recording
from apps.simulation.simulator import Simulation
from hexostore import hexotime
from hexostore.hexotime import TICKS_PER_SECOND
from hexostore.suggestions import did_you_mean

VALUES = 1_000_000
"""The most values that a seed may list."""

MEMBER, FILE, SIMULATE = "signals", "file", "simulate"

_LAST_START = 2**53 - 1
"""The last tick that every program reads from JSON as it is."""

_DAY = 86_400 * TICKS_PER_SECOND

_SIMULATED: Mapping[str, tuple[type | UnionType, str]] = {
    "profile": (object, ""),
    "duration": (object, ""),
    "seed": (int, "a whole number"),
    "sex": (str, "a text"),
    "age": (int, "a whole number"),
    "fitness": (int | float, "a number"),
}
"""The members of a simulation, with their types, and what these are called. What has any type is
looked at later."""

_ERRORS = ArchiveError, IngestionError, LookupError, OSError, OverflowError, SimulationError

Progress = Callable[[str], None]
Signals = Mapping[str, object]


class SeedSignals:
    """Stores the signals of a seed, whose files are in `folder`. A seed that was sent in a request
    has no folder, and a limit on how long its simulations last together."""

    def __init__(self, folder: Path | None, progress: Progress, *, replace: bool) -> None:
        self._folder, self._progress, self._replace = folder, progress, replace
        self._values = self._seconds = 0

    def store_all(self, rows: Sequence[SeedRow]) -> None:
        """Store the signals of those rows, which are records in the store. Raise SeedError."""
        for row in rows:
            self._progress(f"signals of {row}")
            try:
                self._store_one(row, row.not_stored[MEMBER])
            except _ERRORS as error:
                raise _signals_error(row, str(error)) from error

    def _store_one(self, row: SeedRow, signals: object) -> None:
        record = row.instance
        assert isinstance(record, Record)
        if not isinstance(signals, Mapping):
            raise _signals_error(row, "a JSON object is expected")
        if record.start is None:
            raise _signals_error(row, "the record needs a start")
        if record.start > _LAST_START:
            raise _signals_error(row, "the record starts too late to have any")
        special = [name for name in (FILE, SIMULATE) if name in signals]
        if special and len(signals) > 1:
            raise _signals_error(row, f"{special[0]!r} cannot have anything beside it")
        if FILE in signals:
            changed = self._load_file(row, record, signals[FILE])
        elif SIMULATE in signals:
            changed = self._simulate(row, record, signals[SIMULATE])
        else:
            changed = self._write_values(record, signals)
        _require_fitting(row, record)
        if changed and row.state is State.SAME:
            row.state = State.CHANGED

    def _load_file(self, row: SeedRow, record: Record, name: object) -> bool:
        place = self._find_file(row, name)
        loaded = loading.load_into(place, record, replace=self._replace, progress=self._progress)
        return bool(loaded.changed)

    def _find_file(self, row: SeedRow, name: object) -> Path:
        """Return a file or folder below that of the seed."""
        if self._folder is None:
            raise _signals_error(row, "only a seed that is loaded from a file can name another one")
        if not isinstance(name, str) or not name or "\0" in name:
            raise _signals_error(row, "'file' must be the relative path of a file")
        folder = self._folder.resolve()
        try:
            place = (folder / name).resolve()
        except (OSError, RuntimeError) as error:
            raise _signals_error(row, f"{name}: {error}") from error
        if PurePosixPath(name).is_absolute() or not place.is_relative_to(folder):
            raise _signals_error(row, f"{name}: is not below the folder of the seed")
        return place

    def _simulate(self, row: SeedRow, record: Record, asked: object) -> bool:
        simulation = self._read_simulation(row, record, asked)
        before = UnchangedChannels.read_channels(record)
        if row.state is State.NEW:
            _note_device(row, record, recording.device_facts(record.user, simulation))
        changed = recording.fill_record(record, simulation, self._progress)
        self._require_unchanged(changed, before)
        return bool(changed)

    def _read_simulation(self, row: SeedRow, record: Record, asked: object) -> Simulation:
        members = _read_members(row, asked)
        profile = simulations.ask_profile(members)
        if "duration" in members:
            seconds = simulations.read_duration(members["duration"])
        elif _given_end(row) is not None:
            seconds = ((record.end or 0) - (record.start or 0)) // TICKS_PER_SECOND
        else:
            seconds = simulations.length_of(profile, None)
        self._limit_seconds(seconds)
        start = hexotime.to_datetime(record.start or 0)
        return simulations.make_simulation(profile, members.get("seed", 1), start, seconds)

    def _limit_seconds(self, seconds: int) -> None:
        """Raise SimulationError if a record is too long, or all records of a sent seed are."""
        simulations.require_duration(seconds, simulations.LONGEST)
        self._seconds += seconds
        most = simulations.LONGEST_SENT
        if self._folder is None and self._seconds > most:
            text = f"a seed in a request can have at most {most // 3600} hours simulated"
            raise SimulationError("duration", text)

    @cached_property
    def _known(self) -> Mapping[str, Datatype]:
        return names.by_name(Datatype.objects.in_bulk())

    def _write_values(self, record: Record, signals: Signals) -> bool:
        before = UnchangedChannels.read_channels(record)
        written = dict[Datatype, bool]()
        for name, listed in signals.items():
            datatype = _find_datatype(name, self._known)
            if datatype in written:
                raise IngestionError(f"{name}: {datatype} appears twice")
            written[datatype] = self._write_channel(record, datatype, name, listed)
        changed = [datatype for datatype, is_new in written.items() if is_new]
        self._require_unchanged(changed, before)
        if changed:
            record_state.settle(record)
        return bool(changed)

    def _write_channel(self, record: Record, datatype: Datatype, name: str, listed: object) -> bool:
        if not isinstance(listed, list):
            raise IngestionError(f"{name}: a list of values is expected")
        self._values += len(listed)
        if self._values > VALUES:
            raise IngestionError(f"{name}: a seed can list at most {VALUES:,} values; use a file")
        series = reader.read_series(datatype, listed, record.start or 0)
        return store.write_series(record, datatype, series)

    def _require_unchanged(self, changed: Sequence[Datatype], before: UnchangedChannels) -> None:
        """Raise IngestionError if a channel was there with other values, unless it may be."""
        for datatype in changed:
            if datatype.pk in before.datatypes and not self._replace:
                raise IngestionError(f"{datatype} differs in the store; --replace changes it")


def _find_datatype(name: str, known: Mapping[str, Datatype]) -> Datatype:
    """Return the datatype of a name or id. Raise IngestionError."""
    if name not in known:
        hint = did_you_mean(name, known)
        raise IngestionError(f"there is no datatype {name[:60]!r} in the store.{hint}")
    return known[name]


def _read_members(row: SeedRow, asked: object) -> Mapping[str, Any]:
    """Return the members of a simulation, each of its type."""
    if not isinstance(asked, Mapping):
        raise _signals_error(row, f"{SIMULATE!r} must be a JSON object")
    for name, value in asked.items():
        if name not in _SIMULATED:
            known = ", ".join(_SIMULATED)
            raise _signals_error(row, f"{SIMULATE!r} has no member {name[:60]!r}, only {known}")
        wanted, called = _SIMULATED[name]
        if wanted is not object and (isinstance(value, bool) or not isinstance(value, wanted)):
            raise SimulationError(name, f"must be {called}.")
    return asked


def _note_device(row: SeedRow, record: Record, facts: Mapping[str, Any]) -> None:
    """Give a new record the device of its simulation, where the seed says nothing about that."""
    given = {column.name for column in row.values}
    told = {name: value for name, value in facts.items() if name not in given}
    for name, value in told.items():
        setattr(record, name, value)
    record.save(update_fields=told)


def _given_end(row: SeedRow) -> int | None:
    """Return the end that the seed says, if it does."""
    return next((value for column, value in row.values.items() if column.name == "end"), None)


def _require_fitting(row: SeedRow, record: Record) -> None:
    """Raise SeedError if the signals do not fit what the seed says of its record."""
    start, end, last = record.start or 0, _given_end(row), record.end
    if last is not None and last - start > LONGEST:
        raise _signals_error(row, f"the record would last more than {LONGEST // _DAY} days")
    if end is not None and last != end:
        raise _signals_error(row, f"they last until {last}, and the record only until {end}")
    for column, value in row.values.items():
        if column.name == "data_status" and value != record.data_status:
            raise row.error_in_field("data_status", "follows from the signals; leave it out")


def _signals_error(row: SeedRow, problem: str) -> SeedError:
    return row.error_in_field(MEMBER, problem)
