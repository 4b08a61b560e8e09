"""Annotations: of the ground truth, and as read from somebody's file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from apps.simulation.scoring import subjects, tables, wfdb_file
from apps.simulation.scoring.matching import Floats
from apps.simulation.scoring.subjects import EVENTS, LABELS, ScoredSubject
from apps.simulation.scoring.tables import MarkTable
from apps.simulation.scoring.times import (
    RecordPlace,
    ScoringError,
    guess_unit,
    length_of_unit,
    read_number,
    read_times,
    shown,
)
from apps.simulation.timeline import LONGEST
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

EPOCH = 30
"""Seconds of each label in a list of phases without times (AASM)."""

LARGEST = 1 << 29
"""The most bytes of a file. Ten million lines have some hundred million."""


@dataclass(frozen=True)
class MarkSeries:
    """Annotations in order of time, in seconds from the start of the record.

    `stops` are as long as `starts`, or None for moments. `labels` are words, or None without any.
    `unit` is that of the file, and `guessed` whether the file and the caller left it open.
    """

    starts: Floats
    stops: Floats | None = None
    labels: tuple[str, ...] | None = None
    unit: str = "ticks"
    guessed: bool = False

    def sorted(self) -> MarkSeries:
        """Return the same annotations in order of time."""
        order = np.argsort(self.starts, kind="stable")
        return replace(
            self,
            starts=self.starts[order],
            stops=None if self.stops is None else self.stops[order],
            labels=None if self.labels is None else tuple(self.labels[i] for i in order.tolist()),
        )


@dataclass(frozen=True)
class TruthFile:
    """The ground truth of a record, as `hexostore simulate` wrote it to the file `name`."""

    name: str
    place: RecordPlace
    document: dict[str, Any]

    def marks(self, subject: ScoredSubject) -> MarkSeries:
        """Return what really happened, in order of time. Raise ScoringError if the truth does not
        say."""
        try:
            marks = _TRUE[subject.name](self.document)
            _require_sound(marks)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ScoringError(f"{self.name}: says nothing of {subject.name}") from error
        return marks.sorted()


def _require_sound(marks: MarkSeries) -> None:
    """Raise ValueError for times that are none, ends before beginnings, and labels that are missing
    or none."""
    ends = marks.starts if marks.stops is None else marks.stops
    labels = marks.labels
    if not (np.abs([marks.starts, ends]) < LONGEST * SECOND).all():  # nan is not, either
        raise ValueError("no numbers")
    if (ends < marks.starts).any():
        raise ValueError("ends before it begins")
    if labels is not None and (len(labels) != len(ends) or not all(labels)):
        raise ValueError("no label for each")


def read_truth(path: Path) -> TruthFile:
    """Return the ground truth in a file. Raise ScoringError if it has none."""
    return _parse_truth(_read_once(path), path)


def _read_once(path: Path) -> bytes:
    """Return what is in a file, which may be a pipe: nothing reads it twice. Raise ScoringError."""
    try:
        if path.stat().st_size > LARGEST:
            raise ScoringError(f"{path}: is larger than {LARGEST >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise ScoringError(f"{path}: {error.strerror}") from error


def _parse_truth(content: bytes, path: Path) -> TruthFile:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ScoringError(f"{path}: is no ground truth, which is JSON: {error}") from error
    if not isinstance(document, dict):
        raise ScoringError(f"{path}: is no ground truth, which is an object")
    start, seconds = document.get("start"), document.get("seconds")
    if not isinstance(start, int) or not isinstance(seconds, int) or seconds <= 0:
        raise ScoringError(f"{path}: is no ground truth, which has start and seconds")
    if seconds > LONGEST or abs(start) >= 2**53:
        raise ScoringError(f"{path}: is no ground truth, which lasts 30 days at most")
    return TruthFile(str(path), RecordPlace(start, float(seconds)), document)


def _ticks(found: Any) -> Floats:
    ticks: Floats = np.array(found, np.float64) / SECOND
    if ticks.ndim != 1:
        raise ValueError("no list of ticks")
    return ticks


def _true_beats(document: dict[str, Any]) -> MarkSeries:
    beats = document["beats"]
    return MarkSeries(_ticks(beats["ticks"]), labels=tuple(beats["kinds"]))


def _true_spans(rows: Any, label: Callable[[dict[str, Any]], str | None]) -> MarkSeries:
    starts, stops = (_ticks([row[end] for row in rows]) for end in ("start", "stop"))
    return MarkSeries(starts, stops, tuple(label(row) or "" for row in rows))


_TRUE: dict[str, Callable[[dict[str, Any]], MarkSeries]] = {
    "beats": _true_beats,
    "breaths": lambda given: MarkSeries(_ticks(given["breaths"]["inspirations"])),
    "expirations": lambda given: MarkSeries(_ticks(given["breaths"]["expirations"])),
    "steps": lambda given: MarkSeries(_ticks(given["steps"])),
    "phases": lambda given: _true_spans(
        given["stages"], lambda row: subjects.phase_of(row["stage"])
    ),
    "apnoeas": lambda given: _true_spans(given["apnoeas"], lambda row: str(row["kind"])),
}


def read_marks(
    path: Path, subject: ScoredSubject, place: RecordPlace, unit: str | None
) -> MarkSeries:
    """Return the annotations in a file, in the unit that the caller says, or else the file, or else
    the one that `guess_unit` finds. Raise ScoringError, which says what is wrong and where."""
    content = _read_once(path)
    if path.suffix == ".hxd":
        return _read_hxd(content, path, subject)
    if wfdb_file.looks_like_wfdb(content):
        return _read_wfdb(content, path, subject, place, unit)
    if (other := _as_truth(content, path)) is not None:
        return other.marks(subject)
    table = tables.read_text(content, str(path), subject)
    if "time" not in table.columns:
        return _list_of_labels(table, subject)
    cells = table.columns["time"]
    chosen = unit or guess_unit(cells, place, table.name, table.units)
    starts = read_times(cells, chosen, place, table.where)
    marks = MarkSeries(
        starts,
        None if subject.shape == EVENTS else _stops(table, starts, chosen, place, subject),
        _labels(table, subject),
        chosen,
        guessed=unit is None and not table.units,
    )
    return marks.sorted()


def _as_truth(content: bytes, path: Path) -> TruthFile | None:
    """Return the ground truth in a file, or None if it is something else."""
    try:
        found = _parse_truth(content, path)
    except ScoringError:
        return None
    return found if "seed" in found.document else None


def _stops(
    table: MarkTable, starts: Floats, unit: str, place: RecordPlace, subject: ScoredSubject
) -> Floats:
    """Return when stretches end. A phase without an end lasts until the next one."""
    if "stop" in table.columns:
        stops = read_times(table.columns["stop"], unit, place, table.where)
    elif "duration" in table.columns:
        cells = table.columns["duration"]
        lengths = [read_number(cell, table.where(row)) for row, cell in enumerate(cells)]
        stops = starts + np.array(lengths) * length_of_unit(unit)
    elif subject.shape == LABELS:
        edges = np.append(np.unique(starts), place.seconds)
        stops = edges[np.searchsorted(edges, starts, "right").clip(max=len(edges) - 1)]
    elif len(starts):
        raise ScoringError(f"{table.name}: {subject.name} need a stop or a duration beside a start")
    else:
        stops = starts
    wrong = np.flatnonzero(stops < starts)
    if len(wrong):
        raise ScoringError(f"{table.where(int(wrong[0]))}: ends before it begins")
    return stops


def _list_of_labels(table: MarkTable, subject: ScoredSubject) -> MarkSeries:
    """Return labels without times, one for each epoch of 30 s from the start on."""
    if subject.shape != LABELS:
        raise ScoringError(f"{table.name}: has no column of times")
    labels = _labels(table, subject)
    starts: Floats = np.arange(len(labels or ()), dtype=np.float64) * EPOCH
    stops: Floats = starts + EPOCH
    return MarkSeries(starts, stops, labels, "epochs of 30 s", guessed=True)


def _labels(table: MarkTable, subject: ScoredSubject) -> tuple[str, ...] | None:
    cells = table.columns.get("label")
    if subject.shape == LABELS:
        if cells is None and table.places:
            raise ScoringError(f"{table.name}: has no column of labels")
        return tuple(_phase(cell, table.where(row)) for row, cell in enumerate(cells or ()))
    if cells is None:
        return None
    read = subjects.kind_of_beat if subject.name == "beats" else subjects.kind_of_apnoea
    return tuple(map(read, cells))


def _phase(cell: object, where: str) -> str:
    phase = subjects.phase_of(cell)
    if phase is None:
        raise ScoringError(
            f"{where}: {shown(cell)} is no phase of sleep, such as wake, N2, NREM or REM"
        )
    return phase


def _read_hxd(content: bytes, path: Path, subject: ScoredSubject) -> MarkSeries:
    """Return the moments in a file of a download: pairs of eight-byte ticks and values."""
    if subject.shape != EVENTS:
        raise ScoringError(f"{path}: only events can be read from it, not {subject.name}")
    if len(content) % 16:
        raise ScoringError(f"{path}: does not consist of pairs of eight bytes")
    ticks: Floats = np.frombuffer(content, "<i8")[::2] / SECOND
    return MarkSeries(ticks).sorted()


def _read_wfdb(
    content: bytes, path: Path, subject: ScoredSubject, place: RecordPlace, unit: str | None
) -> MarkSeries:
    """Return the beats in an annotation file of WFDB; of breaths and steps all annotations."""
    if subject.shape != EVENTS:
        raise ScoringError(f"{path}: an annotation file of WFDB has no {subject.name}")
    found = wfdb_file.read_wfdb(content, path)
    if unit is None and found.rate is None:
        raise ScoringError(
            f"{path}: neither it nor a header beside it names its sampling frequency; "
            "say it with --unit, as in 500Hz"
        )
    beats = subject.name == "beats"
    kept = [at for at, letter in enumerate(found.letters) if letter or not beats]
    chosen = unit or f"{found.rate:.12g}Hz"
    samples = [found.samples[at] for at in kept]
    starts = read_times(samples, chosen, place, lambda at: f"{path}, annotation {kept[at] + 1}")
    labels = tuple(subjects.kind_of_beat(found.letters[at]) for at in kept) if beats else None
    return MarkSeries(starts, labels=labels, unit=chosen).sorted()
