"""However large a download is, only a piece of it is in memory."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.archives import report as reports
from apps.signals.formats.reading import members, spool
from apps.signals.formats.reading.members import ArchiveError
from apps.signals.models import Channel
from tests.archives.conftest import START, riff, saved
from tests.archives.test_edf import COUNTS, signal, written

BOUND = 16 << 20
"""Bytes that are in use at once at most; each of the inputs is larger, or becomes so."""


@pytest.fixture(autouse=True)
def small_spools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has what is put away go to the disk early, so that small inputs tell."""
    monkeypatch.setattr(spool, "MEMORY", 1 << 20)
    monkeypatch.setattr(members, "SPOOL", 1 << 20)


@contextmanager
def bounded() -> Iterator[None]:
    """Fails when the arrays and objects inside take more than BOUND bytes at any moment."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < BOUND


def packed(folder: Path, name: str, content: bytes) -> Path:
    """A zip with one file that is not compressed."""
    place = folder / "download.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(name, content)
    return place


def count() -> int:
    return Channel.objects.get().count


def test_wav(tmp_path: Path, athlete: User) -> None:
    samples = np.tile(np.arange(4096, dtype=np.int16), 3_000)
    place = packed(tmp_path, "ECG_I.wav", riff(samples, 256))
    with bounded():
        loading.load_place(place, athlete, START)
    assert count() == len(samples)


def test_hxd(tmp_path: Path, athlete: User) -> None:
    pairs = np.stack([np.arange(1_500_000), np.arange(1_500_000) % 90], axis=1)
    place = packed(tmp_path, "RR_interval.hxd", pairs.astype("<i8").tobytes())
    with bounded():
        loading.load_place(place, athlete, START)
    assert count() == len(pairs)


def test_csv(tmp_path: Path, athlete: User) -> None:
    lines = b"".join(b"%d,3\n" % at for at in range(300_000))
    content = b"time [s],step [Step](/api/datatype/52/)\n" + lines
    place = packed(tmp_path, "step.csv", content)
    with bounded():
        loading.load_place(place, athlete, START)
    assert count() == 300_000


def test_csv_of_empty_cells(tmp_path: Path, athlete: User) -> None:
    line = b"1" + b"," * 200 + b"\n"
    names = b"".join(b",unknown %d" % at for at in range(200))
    place = saved(tmp_path, b"time [s]" + names + b"\n" + line * 5_000, "step.csv")
    with bounded(), pytest.raises(ArchiveError, match=r"contains no file|start of the record"):
        loading.load_place(place, athlete)


def test_edf(tmp_path: Path, athlete: User) -> None:
    once, times = written(signal()), 12_000
    size, records = int(once[184:192]), int(once[236:244])
    head = once[:236] + b"%-8d" % (records * times) + once[244:size]
    place = packed(tmp_path, "record.edf", head + once[size:] * times)
    with bounded():
        loading.load_place(place, athlete)
    assert count() == len(COUNTS) * times


def test_a_line_without_end(tmp_path: Path, athlete: User) -> None:
    place = saved(tmp_path, b"7" * (20 << 20), "step.csv")
    with bounded(), pytest.raises(ArchiveError, match="a line is longer than"):
        loading.load_place(place, athlete)


def test_what_is_put_away_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the disk as in memory, and with additions between two readings."""
    monkeypatch.setattr(spool, "MEMORY", 64)
    with spool.Spool() as put_away:
        for at in range(10):
            put_away.add("a", np.arange(at * 10, at * 10 + 10))
            put_away.add("b", np.array([at], np.float64))
        first = next(iter(put_away.read("a")))
        put_away.add("b", np.array([10.5]))
        assert first.tolist() == list(range(10))
        assert np.concatenate(list(put_away.read("a"))).tolist() == list(range(100))
        assert np.concatenate(list(put_away.read("b"))).tolist() == [*range(10), 10.5]


def test_members_on_the_disk(
    tmp_path: Path, athlete: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "SPOOL", 16)
    monkeypatch.setattr(members, "BLOCK", 7)
    loading.load_place(packed(tmp_path, "heart_rate.wav", riff([60] * 99, 1)), athlete, START)
    assert count() == 99


def test_names_that_nobody_reads_are_counted_only(tmp_path: Path, athlete: User) -> None:
    report = reports.Report()
    report.name_unknown([str(at) for at in range(reports.MOST - 1)])
    report.name_unknown(["x", "y", "z"])
    report.name_unknown(["more"])
    assert len(report.unknown) == reports.MOST
    assert report.notes == [f"more than {reports.MOST} files and columns are unknown"]
